import pytest

from replayx.cassette.records import Market
from replayx.errors import InvalidCapture
from replayx.recorder.capture_survey import (
    clock_offset_ns,
    envelope_of,
    markets,
    place_of,
    survey,
)
from tests.recorder.captures import message, request, write_capture


@pytest.mark.parametrize(
    ("base", "src", "market", "role"),
    [
        ("wss://stream.binance.com:9443", "ws", "binance-spot", "ws"),
        ("https://api.binance.com", "rest", "binance-spot", "rest"),
        ("wss://fstream.binance.com", "ws", "binance-usdm", "ws"),
        ("wss://ws.kraken.com:1", "ws", "ws.kraken.com", "ws"),
        ("https://api.kraken.com", "rest", "api.kraken.com", "rest"),
        ("", "ws", "unknown", "ws"),
    ],
)
def test_whose_a_url_is(base, src, market, role):
    place = place_of(base, src)
    assert (place.market, place.role, place.base) == (market, role, base)
    assert (place.venue is None) == ("binance" not in base)


def test_a_first_look(tmp_path):
    first = write_capture(tmp_path / "a", [message(None, "x"), message(7, "x"), message(8, "y")])
    second = write_capture(tmp_path / "b", [request(6, "https://x.test/a?b"), message(5, "x")])
    passed = []
    found = survey([first, second], passed.append)
    assert (found.line_count, found.first_ns, found.unordered) == (5, 5, {second})
    assert list(found.bases) == [("wss://ws.nobody.test", "ws"), ("https://x.test", "rest")]
    assert sum(passed) == 5


def test_a_line_without_a_time_behind_others_is_out_of_order(tmp_path):
    path = write_capture(tmp_path / "a", [message(7, "x"), message(None, "y")])
    assert survey([path], lambda _: None).unordered == {path}


def test_nothing_at_all_is_no_capture(tmp_path):
    path = write_capture(tmp_path / "a", [])
    with pytest.raises(InvalidCapture, match="not one line"):
        survey([path], lambda _: None)


def test_the_first_of_several_bases_is_the_markets():
    bases = ("https://a.test", "https://a.test:8443")
    places = [place_of(base, "rest") for base in bases]
    assert markets(places) == (Market("a.test", "", {"rest": "https://a.test"}),)


def test_no_clock_offset_without_a_venue_that_tells_time(tmp_path):
    assert clock_offset_ns([write_capture(tmp_path / "a", [message(7, '{"E":5}')])]) is None


@pytest.mark.parametrize(
    ("stream", "payload", "envelope"),
    [
        ("a", b'{"stream":"a","data":{}}', (b'{"stream":"a","data":', b"}")),
        ("a", b'{"stream":"b","data":{}}', (b"", b"")),
        ("a", b'{"data":{},"stream":"a"}', (b"", b"")),
        ("", b'{"stream":"","data":{}}', (b"", b"")),
    ],
)
def test_envelopes(stream, payload, envelope):
    assert envelope_of(stream, payload) == envelope
