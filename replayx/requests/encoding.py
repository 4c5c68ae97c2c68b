"""Content coding: a body recorded packed goes out packed only to a client that asked for it."""

from collections.abc import Sequence

from replayx.cassette.content_encoding import CODINGS, TooLarge, decode
from replayx.errors import LimitExceeded, ReplayxError
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
        plain = decode(body, coding)
    except TooLarge as error:
        raise LimitExceeded(f"a recorded body of more than {BODY_BYTES_MAX} bytes") from error
    if plain is None:
        raise ReplayxError(
            f"a recorded body that does not unpack as {coding}",
            expected=f"one of {', '.join(CODINGS)}",
        )
    return plain


def without_coding(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Return headers for a body that has no content coding any more."""
    return tuple((name, value) for name, value in headers if name.lower() != "content-encoding")
