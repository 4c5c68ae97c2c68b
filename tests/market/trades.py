"""Trades for tests of the market: made up, drawn by Hypothesis, or of the real captures."""

import io
import json
from bisect import bisect_right
from itertools import pairwise

import zstandard
from hypothesis import strategies as st

from replayx.market.candles import CandleRows
from replayx.market.events import Trade
from replayx.market.instant import Instant

SYMBOL = "AAABBB"


def trade(number, time_ms, price="10.00", quantity="1.000", *, maker=False):
    return Trade(SYMBOL, number, price, quantity, time_ms, maker)


def captured_trades(path):
    """Return the trades of a capture of Binance by symbol, in the order received."""
    found = {}
    with path.open("rb") as file:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        for line in text:
            if '@trade"' not in line[:220]:
                continue
            raw = json.loads(line)["raw"]
            data = json.loads(raw or "{}").get("data", {})
            if data.get("e") == "trade":
                one = Trade(data["s"], data["t"], data["p"], data["q"], data["T"], data["m"])
                found.setdefault(one.symbol, []).append(one)
    return found


class Tape:
    """Trades cut into runs, and the store that was filled with them."""

    def __init__(self, trades, cuts):
        bounds = [0, *sorted(min(cut, len(trades)) for cut in cuts), len(trades)]
        self.trades = trades
        self.firsts = bounds[:-1]
        self.runs = [trades[a:b] for a, b in pairwise(bounds)]
        self.rows = CandleRows(SYMBOL if not trades else trades[0].symbol, self.runs.__getitem__)
        for run, part in enumerate(self.runs):
            self.rows.add_trades(run, part)

    def at(self, count, now_ms=None, *, shift_ms=0, **more):
        """Return the instant at which the first `count` trades are known."""
        run = bisect_right(self.firsts, count) - 1
        tail = self.trades[self.firsts[run] : count]
        if now_ms is None:
            now_ms = (self.trades[count - 1].time_ms if count else 0) + shift_ms
        return Instant(now_ms, run, shift_ms, tail, **more)


@st.composite
def tapes(draw, *, holes=False, late=False, longest_gap_ms=200_000):
    """Draw a tape of trades with ids that follow each other."""
    time_ms, number, trades = draw(st.integers(1_699_999_000_000, 1_700_000_600_000)), 7, []
    gaps = st.one_of(st.integers(0, 3), st.integers(0, 2_000), st.integers(0, longest_gap_ms))
    for gap_ms in draw(st.lists(gaps, min_size=1, max_size=40)):
        time_ms += gap_ms
        number += 1 + (draw(st.integers(0, 9)) // 9 if holes else 0)
        told_ms = time_ms - (draw(st.sampled_from((0, 0, 0, 1, 70))) if late else 0)
        price = f"{draw(st.integers(990, 1010)) / 100:.2f}"
        quantity = f"{draw(st.integers(1, 2000)) / 1000:.3f}"
        trades.append(trade(number, told_ms, price, quantity, maker=draw(st.booleans())))
    cuts = draw(st.lists(st.integers(0, len(trades)), max_size=5))
    return Tape(trades, cuts)
