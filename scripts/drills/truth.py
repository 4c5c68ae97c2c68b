"""What the tape says of BTCUSDT: its trades, and its best levels at every update id."""

import json
import urllib.error
from decimal import Decimal
from pathlib import Path

from drills.judging import Levels, Truth
from drills.server import Run, asked, replaying

from replayx.cassette.reader import CassetteReader

LEVELS = 20
_MARKET, _TRADES, _DIFFS = "binance-spot", "btcusdt@trade", "btcusdt@depth@100ms"
_SNAPSHOT = "/api/v3/depth?symbol=BTCUSDT&limit=5000"


def truth_of(cassette: Path) -> Truth:
    """Read a cassette; its first book is the first that a tape in lockstep answers."""
    with replaying(cassette, "--clock", "lockstep") as run:
        first = _first_book(run)
    prices: dict[int, float] = {}
    sides: tuple[dict[Decimal, str], dict[Decimal, str]] = ({}, {})
    _set(sides, first["bids"], first["asks"])
    books = {first["lastUpdateId"]: _best(sides)}
    for message in _messages(cassette):
        if message["e"] == "trade":
            prices[message["t"]] = float(message["p"])
        elif message["u"] > first["lastUpdateId"]:
            _set(sides, message["b"], message["a"])
            books[message["u"]] = _best(sides)
    return Truth(prices, books)


def _first_book(run: Run) -> dict:
    while True:
        try:
            return asked(run.urls["rest"] + _SNAPSHOT)
        except urllib.error.HTTPError:  # no book is known yet: a little further
            run.ask("POST", "/clock/advance", {"messages": 1})


def _messages(cassette: Path) -> list[dict]:
    found = []
    with CassetteReader(cassette) as reader:
        wanted = {
            number
            for number, one in reader.channels.items()
            if one.market == _MARKET and one.name in (_TRADES, _DIFFS)
        }
        for batch in reader.batches():
            for k in range(batch.count):
                if batch.channel[k] in wanted:
                    message = json.loads(bytes(batch.payload(k)))
                    found.append(message.get("data", message))
    return found


def _set(sides: tuple[dict[Decimal, str], dict[Decimal, str]], bids: list, asks: list) -> None:
    for side, levels in zip(sides, (bids, asks), strict=True):
        for price, quantity in levels:
            if Decimal(quantity):
                side[Decimal(price)] = quantity
            else:
                side.pop(Decimal(price), None)


def _best(sides: tuple[dict[Decimal, str], dict[Decimal, str]]) -> Levels:
    bids, asks = sides
    best = sorted(bids, reverse=True)[:LEVELS], sorted(asks)[:LEVELS]
    told = [
        tuple((float(price), float(side[price])) for price in prices)
        for side, prices in zip(sides, best, strict=True)
    ]
    return told[0], told[1]
