"""What the bundled demo cassette tells of trades and candles, read with json alone."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Interaction
from replayx.market.events import Candle, Trade
from replayx.market.told_candles import ToldCandles

DEMO = Path(__file__).parents[2] / "cassettes" / "binance-demo.rpx"
RUN_NS = 7_000_000_000


class Told:
    """One symbol of one market: what was told, each with the time of receipt, in order."""

    def __init__(self):
        self.trades, self.candles, self.answers = [], [], []


def demo_tape():
    """Return what is told by market and symbol."""
    told = {}
    with CassetteReader(DEMO) as reader:
        markets = {one.number: one.market for one in reader.channels.values()}
        for batch in reader.batches():
            for item in batch.in_order():
                if isinstance(item, Interaction):
                    _take_answer(told, item)
                elif not isinstance(item, int):
                    continue
                else:
                    market = markets[batch.channel[item]]
                    _take_message(told, market, batch.at[item], bytes(batch.payload(item)))
    return told


def run_of(at_ns, told):
    """Return the run of a time: runs are of a few seconds."""
    return (at_ns - told.trades[0][0]) // RUN_NS + 1


def _take_message(told, market, at_ns, payload):
    if b'"trade"' not in payload and b'"kline"' not in payload:
        return
    data = json.loads(payload)
    data = data.get("data", data)
    one = told.setdefault((market, data["s"]), Told())
    if data["e"] == "trade":
        trade = Trade(data["s"], data["t"], data["p"], data["q"], data["T"], data["m"])
        one.trades.append((at_ns, trade))
    elif data["e"] == "kline":
        k = data["k"]
        texts = (k[name] for name in "ohlcvq")
        numbers = (k["n"], k["V"], k["Q"], k["f"], k["L"], k["x"])
        candle = Candle(k["s"], k["t"], k["T"], *texts, *numbers)
        one.candles.append((at_ns, ToldCandles(k["i"], [candle], data["E"])))


def _take_answer(told, item):
    url = urlsplit(item.target)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    if not url.path.endswith("/klines") or item.status != 200 or "symbol" not in asked:
        return
    one = told.setdefault((item.market, asked["symbol"]), Told())
    candles = [
        Candle(asked["symbol"], row[0], row[6], *row[1:6], row[7], *row[8:11])
        for row in json.loads(item.response_body)
    ]
    at_ns = item.at_ns
    answer = ToldCandles(asked["interval"], candles, at_ns // 1_000_000, is_answer=True)
    one.answers.append((at_ns, answer))
