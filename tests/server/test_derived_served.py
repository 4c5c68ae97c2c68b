"""Streams that were not recorded, over real sockets, read by strict decoders."""

from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from replayx.server.replay_server import ReplayOptions, ReplayServer
from replayx.session.session import AtEnd
from tests.session.naive_market import CHANNELS, T0, at, delta, trade
from tests.tapes import sealed, write_cassette

MARKET = "binance-spot"
Levels = list[tuple[str, str]]


def _form(**fields):
    """Return a decoder of an object with exactly these fields, in this order."""
    return msgspec.defstruct("Form", list(fields.items()), forbid_unknown_fields=True)


_HEAD = {"e": str, "E": int, "s": str}
_BAR = _form(
    t=int, T=int, s=str, i=str, f=int, L=int, o=str, c=str, h=str, l=str, v=str, n=int, x=bool,
    q=str, V=str, Q=str, B=str,
)  # fmt: skip
_SPAN = {"O": int, "C": int, "F": int, "L": int, "n": int}
_CHANGES = {"p": str, "P": str}
_KLINE = _form(**_HEAD, k=_BAR)
_WINDOW = _form(
    **_HEAD, **_CHANGES, o=str, h=str, l=str, c=str, w=str, v=str, q=str, **_SPAN
)  # fmt: skip
_PARTIAL = _form(lastUpdateId=int, bids=Levels, asks=Levels)
# binance-ws.md section 4.
FORMS = {
    "aggTrade": _form(**_HEAD, a=int, p=str, q=str, f=int, l=int, T=int, m=bool, M=bool),
    "bookTicker": _form(u=int, s=str, b=str, B=str, a=str, A=str),
    "depth": _form(**_HEAD, U=int, u=int, b=Levels, a=Levels),
    "depth5": _PARTIAL,
    "depth20@100ms": _PARTIAL,
    "kline_1s": _KLINE,
    "kline_1m": _KLINE,
    "kline_1M": _KLINE,
    "kline_1d@+08:00": _KLINE,
    "miniTicker": _form(**_HEAD, c=str, o=str, h=str, l=str, v=str, q=str),
    "ticker": _form(
        **_HEAD, **_CHANGES, w=str, x=str, c=str, Q=str, b=str, B=str, a=str, A=str, o=str, h=str,
        l=str, v=str, q=str, **_SPAN,
    ),
    "ticker_1h": _WINDOW,
    "ticker_1d": _WINDOW,
    "avgPrice": _form(**_HEAD, i=str, w=str, T=int),
}  # fmt: skip


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    stream: str
    data: msgspec.Raw


async def _read(tape: Path, symbol: str, **options) -> dict[str, list[object]]:
    """Return what every derivable stream tells at full speed, strictly decoded."""
    names = [f"{symbol}@{word}" for word in FORMS]
    got = defaultdict(list)
    given = {"speed": None, "at_end": AtEnd.CLOSE, **options}
    async with ReplayServer((tape,), ReplayOptions(**given)) as server:
        url = f"{server.urls[MARKET]['ws']}/stream?streams={'/'.join(names)}"
        async with connect(url, max_size=None) as client:
            try:
                while True:
                    message = msgspec.json.decode(await client.recv(), type=_Message)
                    word = message.stream.partition("@")[2]
                    got[word].append(msgspec.json.decode(message.data, type=FORMS[word]))
            except ConnectionClosed:
                pass
    return got


@pytest.fixture
def made_up(tmp_path):
    """Return a cassette of trades and depth differences alone: four seconds."""
    rows = []
    for k in range(40):
        ms = 100 * k
        rows.append((at(ms), 0, trade(100 + k, T0 + ms, f"{5 + k % 3}.00000000")))
        levels = [(f"{k % 5}.00000000", "1.00000000")], [("9.00000000", "1.00000000")]
        rows.append((at(ms), 1, delta(1 + k, 1 + k, T0 + ms, *levels)))
    return write_cassette(
        tmp_path / "tape.rpx", CHANNELS.values(), [sealed(rows)], markets=(MARKET,)
    )


async def test_every_stream_that_follows_is_served(made_up):
    got = await _read(made_up, "abc")
    assert set(got) == set(FORMS)
    assert [one.l for one in got["aggTrade"]] == list(range(100, 140))
    assert [bar.k.t - T0 for bar in got["kline_1s"] if bar.k.x] == [0, 1_000, 2_000]
    assert [one.u for one in got["depth"]] == [10, 20, 30, 40]


async def test_nothing_is_derived_if_it_is_not_to_be(made_up):
    assert await _read(made_up, "abc", derive=False) == {}


@pytest.mark.capture
async def test_a_capture_of_three_streams_serves_them_all(imported):
    got = await _read(imported("binance_spot_20240723_nexousdt"), "nexousdt")
    assert set(got) == set(FORMS)
    for word in ("kline_1s", "kline_1m"):
        closed = [one.k.t for one in got[word] if one.k.x]
        step = closed[1] - closed[0]
        assert closed == list(range(closed[0], closed[-1] + step, step))
