"""HTTP content codings: bodies are looked into for secrets, never stored unsearched."""

import gzip
import zlib

import zstandard

from replayx.limits import BODY_BYTES_MAX

# What `decode` understands. A recorder asks the venue for nothing else, because what it cannot
# decode it cannot search for secrets.
CODINGS = ("gzip", "x-gzip", "deflate", "zstd", "identity")
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_LEVEL = 6


class TooLarge(Exception):
    """A body that unpacks to more than BODY_BYTES_MAX."""


def decode(body: bytes, coding: str) -> bytes | None:
    """Return the body without its coding; None if it is not of that coding. Raises TooLarge."""
    try:
        if coding in ("gzip", "x-gzip"):
            return _inflate(body, _GZIP_WINDOW)
        if coding == "deflate":
            return _decode_deflate(body)
        if coding == "zstd":
            return _decode_zstd(body)
    except (zlib.error, zstandard.ZstdError, EOFError):
        return None
    return body if coding in ("", "identity") else None


def encode(body: bytes, coding: str) -> bytes:
    """Return the body in a coding that `decode` could decode."""
    if coding in ("gzip", "x-gzip"):
        return gzip.compress(body, _LEVEL, mtime=0)
    if coding == "deflate":
        return zlib.compress(body, _LEVEL)
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=_LEVEL).compress(body)
    assert coding in ("", "identity"), "a coding that was never decoded"
    return body


def _decode_deflate(body: bytes) -> bytes:
    """RFC 9110, 8.4.1.2: deflate is the zlib format; some servers send it bare."""
    try:
        return _inflate(body, zlib.MAX_WBITS)
    except zlib.error:
        return _inflate(body, -zlib.MAX_WBITS)


def _inflate(body: bytes, window: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while body:  # RFC 1952, 2.2: a gzip body may have several members
        stream = zlib.decompressobj(window)
        parts.append(stream.decompress(body, BODY_BYTES_MAX + 1 - size))
        size += len(parts[-1])
        if size > BODY_BYTES_MAX:
            raise TooLarge
        if not stream.eof:
            raise EOFError
        body = stream.unused_data
    return b"".join(parts)


def _decode_zstd(body: bytes) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as reader:
        decoded: bytes = reader.read(BODY_BYTES_MAX + 1)
    if len(decoded) > BODY_BYTES_MAX:
        raise TooLarge
    return decoded
