"""Binance's clock when it is wrong: where answers tell it, and which requests it refuses.

Origin: rest-api.md, "SIGNED Endpoint security", "Timing security".
"""

import re
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from fractions import Fraction

from replayx.venues.binance.paths import split_target
from replayx.venues.venue import HeaderPairs, HttpReply, HttpRequest, WsApiRequest

_SERVER_TIME = re.compile(rb'("serverTime"\s*:\s*)(\d{13})(\d{3})?')
# It stands at the beginning of every answer that has it; exchangeInfo has megabytes behind it.
_HEAD_BYTES = 1024
_EARLY_MS = 1000
_WINDOW_MS = 5000
# Since 2025-08 up to three decimals: `6000.346`.
_NUMBER = re.compile(r"\d{1,16}(\.\d{1,9})?")
# 16 digits are microseconds.
_MICROSECONDS_MIN = 10**15


def skewed(reply: HttpReply, skew_ms: int) -> HttpReply:
    """Return an answer with `serverTime` and the Date header moved."""
    head, rest = reply.body[:_HEAD_BYTES], reply.body[_HEAD_BYTES:]

    def moved(found: re.Match[bytes]) -> bytes:
        return b"%b%d%b" % (found[1], int(found[2]) + skew_ms, found[3] or b"")

    body = _SERVER_TIME.sub(moved, head, count=1) + rest
    headers = tuple(
        (name, _moved_date(value, skew_ms) if name.lower() == "date" else value)
        for name, value in reply.headers
    )
    return HttpReply(reply.status, body, headers)


def _moved_date(text: str, skew_ms: int) -> str:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return text
    return format_datetime(moment + timedelta(milliseconds=skew_ms), usegmt=True)


def clock_refusal(request: HttpRequest | WsApiRequest, now_ms: int) -> str | None:
    """Return the word of the failure for a timestamp outside of what the clock takes."""
    params = _parameters(request)
    sent = params.get("timestamp", "")
    if not _NUMBER.fullmatch(sent):
        return None
    at_ms = Fraction(sent)
    if at_ms >= _MICROSECONDS_MIN:
        at_ms /= 1000
    if at_ms >= now_ms + _EARLY_MS:
        return "bad_timestamp_ahead"
    window = params.get("recvWindow", "")
    window_ms = Fraction(window) if _NUMBER.fullmatch(window) else Fraction(_WINDOW_MS)
    return "bad_timestamp" if now_ms - at_ms > window_ms else None


def _parameters(request: HttpRequest | WsApiRequest) -> dict[str, str]:
    """Return a request's parameters: on a double one the query wins over the body."""
    if isinstance(request, WsApiRequest):
        return {name: str(value) for name, value in request.params.items()}
    form = request.body.decode(errors="replace") if _is_form(request.headers) else ""
    pairs = split_target(f"?{form}")[1] + split_target(request.target)[1]
    return dict(pairs)


def _is_form(headers: HeaderPairs) -> bool:
    kinds = [value.lower() for name, value in headers if name.lower() == "content-type"]
    return not kinds or "urlencoded" in kinds[0]
