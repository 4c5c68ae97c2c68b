"""Content coding: a body recorded packed goes out packed only to a client that asked for it."""

import zlib
from collections.abc import Sequence

import zstandard

from replayx.errors import ReplayxError
from replayx.limits import BODY_BYTES_MAX

Headers = Sequence[tuple[str, str]]


def header(headers: Headers, name: str) -> str:
    """Return a header's value, empty if it is not there. `name` is in lower case."""
    return next((value for key, value in headers if key.lower() == name), "")


def accepts(request_headers: Headers, coding: str) -> bool:
    """Say whether a request accepts a content coding (RFC 9110 section 12.5.3)."""
    for item in header(request_headers, "accept-encoding").lower().split(","):
        name, _, weight = item.partition(";")
        if name.strip() in (coding, "*"):
            return weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def decoded(body: bytes, coding: str) -> bytes:
    """Return a body without its content coding. Raises ReplayxError if that can't be done."""
    try:
        if coding == "gzip":
            return _bounded(zlib.decompressobj(zlib.MAX_WBITS | 16), body)
        if coding == "deflate":
            return _bounded(zlib.decompressobj(), body)
        if coding == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                return bytes(reader.read(BODY_BYTES_MAX))
    except (zlib.error, zstandard.ZstdError) as error:
        raise ReplayxError(f"a recorded {coding} body that does not unpack ({error})") from error
    raise ReplayxError(
        f"a recorded body in the content coding {coding!r}", expected="gzip, deflate or zstd"
    )


def without_coding(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Return headers for a body that has no content coding any more."""
    return tuple((name, value) for name, value in headers if name.lower() != "content-encoding")


def _bounded(unpacker: "zlib._Decompress", body: bytes) -> bytes:
    return unpacker.decompress(body, BODY_BYTES_MAX)
