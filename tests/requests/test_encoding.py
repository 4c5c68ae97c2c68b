import gzip
import zlib

import pytest
import zstandard

from replayx.errors import LimitExceeded, ReplayxError
from replayx.requests.encoding import accepts, decoded, header, without_coding

BODY = b'{"symbols":[]}' * 50


@pytest.mark.parametrize(
    ("value", "coding", "expected"),
    [
        ("gzip, deflate", "gzip", True),
        ("deflate", "gzip", False),
        ("", "gzip", False),
        ("*", "zstd", True),
        ("gzip;q=0", "gzip", False),
        ("gzip; q=0.5, br", "gzip", True),
        ("GZIP", "gzip", True),
    ],
)
def test_accepts(value, coding, expected):
    assert accepts((("Accept-Encoding", value),), coding) is expected


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("zstd", zstandard.ZstdCompressor().compress(BODY)),
    ],
    ids=["gzip", "deflate", "zstd"],
)
def test_decoded(coding, packed):
    assert decoded(packed, coding) == BODY
    with pytest.raises(ReplayxError, match=f"does not unpack as {coding}"):
        decoded(b"nonsense" * 4, coding)


def test_an_unknown_coding_is_told():
    with pytest.raises(ReplayxError, match=r"does not unpack as br; expected one of gzip"):
        decoded(BODY, "br")


def test_headers():
    headers = (("Content-Encoding", "gzip"), ("X-A", "1"))
    assert header(headers, "content-encoding") == "gzip"
    assert header(headers, "x-b") == ""
    assert without_coding(headers) == (("X-A", "1"),)


def test_a_body_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("replayx.cassette.content_encoding.BODY_BYTES_MAX", 100)
    with pytest.raises(LimitExceeded):
        decoded(gzip.compress(BODY), "gzip")
