"""Answers replayx gives in Binance's name: ping and time, and refusals in its JSON error shape."""

from typing import assert_never

import msgspec

from replayx.venues.binance.dialect import Dialect
from replayx.venues.venue import HttpReply, Refusal, RequestKey

# -1020 "This operation is not supported.": clients report it as a bad request. Codes with a
# meaning that clients act on (rate limits, keys, symbols, timestamps) would send them astray.
_NOT_ON_TAPE = -1020


def computed(dialect: Dialect, key: RequestKey, now_ms: int) -> HttpReply | None:
    """Answer ping and time, which are never looked up."""
    if key.method != "GET":
        return None
    api, _, tail = key.path.rpartition("/")
    if api not in (dialect.api, dialect.api[:-1] + "1"):  # /api/v1 until 2026-03-25
        return None
    if tail == "ping":
        return reply(dialect, 200, b"{}")
    if tail == "time":
        return reply(dialect, 200, b'{"serverTime":%d}' % now_ms)
    return None


def refuse(dialect: Dialect, refusal: Refusal, detail: str) -> HttpReply:
    """Say a refusal as Binance would (errors.md), with `detail` in its message."""
    match refusal:
        case Refusal.NO_RECORDING:
            return error(dialect, 404, _NOT_ON_TAPE, detail)
        case Refusal.UPSTREAM_UNREACHABLE:
            text = "Internal error; unable to process your request. Please try again."
            return error(dialect, 503, -1001, f"{text} ({detail})" if detail else text)
        case Refusal.UPSTREAM_TIMEOUT:
            # The text alone: that the outcome is unknown must not be read past.
            text = (
                "Timeout waiting for response from backend server. "
                "Send status unknown; execution status unknown."
            )
            return error(dialect, dialect.timeout_status, -1007, text)
        case Refusal.TRADING_REFUSED:
            text = f"You are not authorized to execute this request. {detail}"
            return error(dialect, 403, -1002, text.rstrip())
        case Refusal.BODY_TOO_LARGE:
            return error(dialect, 413, -1108, f"Parameter 'body' overflowed. {detail}".rstrip())
        case _:
            assert_never(refusal)


def error(dialect: Dialect, status: int, code: int, text: str) -> HttpReply:
    """Return an error in the venue's JSON shape."""
    return reply(dialect, status, msgspec.json.encode({"code": code, "msg": text}))


def reply(dialect: Dialect, status: int, body: bytes) -> HttpReply:
    """Return an answer with the headers that every answer of the venue has."""
    headers = (
        ("Content-Type", dialect.content_type),
        ("Server", dialect.server),
        # On every answer of the venue. Lower case: some clients look it up in a plain dict.
        ("x-mbx-used-weight", "1"),
        ("x-mbx-used-weight-1m", "1"),
    )
    return HttpReply(status, body, headers)
