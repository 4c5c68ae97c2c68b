"""Prices in stream payloads, for a live view: the last trade, the best bid and ask.

Origin: web-socket-streams.md; USDⓈ-M has the same letters in trade, aggTrade and bookTicker.
"""

import msgspec

from replayx.venues.venue import Quote


class _Trade(msgspec.Struct):
    s: str
    p: str


class _BookTicker(msgspec.Struct):
    s: str
    b: str
    a: str


_decode_trade = msgspec.json.Decoder(_Trade).decode
_decode_book_ticker = msgspec.json.Decoder(_BookTicker).decode


def quote(channel: str, payload: bytes) -> Quote | None:
    """Return the prices that a payload of `channel` tells, None if it tells none."""
    kind = channel.rpartition("@")[2]
    try:
        if kind in ("trade", "aggTrade"):
            trade = _decode_trade(payload)
            return Quote(trade.s, last=trade.p)
        if kind == "bookTicker":
            top = _decode_book_ticker(payload)
            return Quote(top.s, bid=top.b, ask=top.a)
    except msgspec.MsgspecError:
        return None  # a payload of another form is shown without a price
    return None
