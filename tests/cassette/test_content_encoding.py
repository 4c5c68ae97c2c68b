"""Content codings: what was packed is unpacked, within bounds."""

import gzip
import zlib

import pytest

from replayx.cassette import content_encoding
from replayx.cassette.content_encoding import TooLarge, decode, encode

CODINGS = ["gzip", "x-gzip", "deflate", "zstd", "identity", ""]


@pytest.mark.parametrize("coding", CODINGS)
def test_round_trip(coding):
    for body in (b"", b"a", b"abc" * 9999):
        assert decode(encode(body, coding), coding) == body


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br", "gzip, br"])
def test_what_is_not_of_the_coding_is_none(coding):
    assert decode(b"not packed at all", coding) is None


def test_several_gzip_members_are_one_body():
    assert decode(gzip.compress(b"a") + gzip.compress(b"b"), "gzip") == b"ab"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused(coding, monkeypatch):
    monkeypatch.setattr(content_encoding, "BODY_BYTES_MAX", 1000)
    assert decode(encode(b"x" * 1000, coding), coding) == b"x" * 1000
    with pytest.raises(TooLarge):
        decode(encode(b"x" * 1001, coding), coding)


def test_bare_deflate_is_understood():
    packer = zlib.compressobj(wbits=-15)
    assert decode(packer.compress(b"abc") + packer.flush(), "deflate") == b"abc"
