"""Which headers are handed on."""

import pytest

from replayx.recorder.headers import answered, forwarded, pairs

HOPS = (
    ("Connection", "close, X-Named"), ("Keep-Alive", "1"), ("TE", "gzip"), ("Trailer", "x"),
    ("Transfer-Encoding", "chunked"), ("Upgrade", "h2c"), ("Proxy-Authorization", "x"),
    ("X-Named", "1"),
)  # fmt: skip


def test_hops_end_here_and_the_rest_keeps_order_and_duplicates():
    kept = (("B", "1"), ("a", "2"), ("B", "3"))
    assert tuple(forwarded((*HOPS, *kept)).items()) == kept
    assert tuple(answered((*HOPS, *kept)).items()) == kept


def test_what_belongs_to_our_own_request_is_left_out():
    assert not forwarded((("Host", "x"), ("Content-Length", "1"), ("Expect", "100-continue")))
    assert not forwarded((("Sec-WebSocket-Extensions", "x"), ("Host", "x")), handshake=True)
    assert forwarded((("Sec-WebSocket-Key", "x"),), handshake=True)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("gzip, deflate, br, zstd", "gzip, deflate, zstd"),
        ("br;q=1.0, gzip;q=0.5", "gzip;q=0.5"),
        ("br", None),
        ("*", None),
        ("identity", "identity"),
    ],
)
def test_only_codings_that_can_be_searched_are_asked_for(asked, kept):
    assert forwarded((("Accept-Encoding", asked),)).get("Accept-Encoding") == kept


def test_bytes_that_are_not_text_do_no_harm():
    assert pairs([(b"X", b"\xff")]) == (("X", "\ufffd"),)
