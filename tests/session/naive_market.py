"""A market's history by definition: everything is read from the beginning, for every question.

Also the messages of a small made-up spot market, and tapes of them.
"""

import json
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace

from replayx.market.agg_trades import TradeGrouping
from replayx.market.book import Book
from replayx.market.events import (
    AveragePrice,
    BookDelta,
    Candle,
    Ticker,
    Trade,
)
from replayx.market.interval import Interval
from replayx.session.derived_streams import DerivedStreams
from replayx.session.venue_clock import VenueClock
from replayx.timeline.source import ListSource
from replayx.venues.binance.spot import BinanceSpot
from tests.tapes import batch, channel

SPOT = BinanceSpot()
MS = 1_000_000
T0 = 1_699_999_980_000  # on the grid of a minute
TRADES, DELTAS = "abc@trade", "abc@depth@100ms"
CHANNELS = {
    0: channel(0, TRADES, market="binance-spot"),
    1: channel(1, DELTAS, market="binance-spot"),
    2: channel(2, "xyz@trade", market="binance-spot"),
}


def trade(number, time_ms, price, quantity="1.00000000", *, is_sell=False):
    """Return a trade's payload."""
    return json.dumps(
        {
            "e": "trade",
            "E": time_ms,
            "s": "ABC",
            "t": number,
            "p": price,
            "q": quantity,
            "T": time_ms,
            "m": is_sell,
            "M": True,
        },
        separators=(",", ":"),
    ).encode()


def delta(first, last, time_ms, bids=(), asks=()):
    """Return a depth difference's payload."""
    body = {"e": "depthUpdate", "E": time_ms, "s": "ABC", "U": first, "u": last}
    return json.dumps({**body, "b": list(bids), "a": list(asks)}, separators=(",", ":")).encode()


def tape(rows, cuts=()):
    """Return a source of rows (at, channel, payload), cut into chunks in front of some of them."""
    bounds = [0, *sorted({cut for cut in cuts if 0 < cut < len(rows)}), len(rows)]
    chunks = [rows[a:b] for a, b in pairwise(bounds) if a < b]
    return ListSource(CHANNELS, [batch(chunk) for chunk in chunks])


class NaiveHistory:
    """What MarketHistory is, for one source."""

    is_built = True

    def __init__(self, source, venue):
        self._source = source
        self._venue = venue
        self._batches = list(source.batches(0))

    def decoded(self, source, one, feed):
        places = [k for k in range(one.count) if self._feed(one.channel[k]) == feed]
        events = self._venue.decode(feed, [bytes(one.payload(k)) for k in places])
        return list(zip(places, events, strict=True))

    def state_before(self, source, ordinal, symbol):
        book, grouping = Book(), TradeGrouping()
        for _, event in self._told(symbol):
            if event[0] < ordinal and isinstance(event[1], BookDelta):
                book.apply(event[1])
            elif event[0] < ordinal and isinstance(event[1], Trade):
                grouping.add([event[1]])
        return SimpleNamespace(book=book, open_group=grouping.open)

    def before(self, source, ordinal):
        return NaiveView([one for _, (at, one) in self._told("ABC") if at < ordinal], 0, 0)

    def at(self, position_ns, *, shift_ms, now_ms):
        told = [one for at_ns, (_, one) in self._told("ABC") if at_ns <= position_ns]
        return NaiveView(told, shift_ms, now_ms)

    def _feed(self, number):
        return self._venue.market_feed(CHANNELS[number].name)

    def _told(self, symbol):
        for one in self._batches:
            for k in range(one.count):
                feed = self._feed(one.channel[k])
                if feed.symbol == symbol:
                    (event,) = self._venue.decode(feed, [bytes(one.payload(k))])
                    yield one.at[k], (one.ordinal, event)


class NaiveView:
    """What a MarketView is, as far as streams need it."""

    def __init__(self, told, shift_ms, now_ms):
        self.now_ms = now_ms
        self._shift_ms = shift_ms
        self._trades = [one for one in told if isinstance(one, Trade)]
        self._deltas = [one for one in told if isinstance(one, BookDelta)]

    def book(self, symbol, levels):
        return self._book().snapshot(symbol, levels)

    def top(self, symbol):
        return self._book().top(symbol)

    def _book(self):
        book = Book()
        for one in self._deltas:
            book.apply(one)
        return book

    def average_price(self, symbol):
        last = self._trades[-1]
        return AveragePrice(symbol, 5, last.price, last.time_ms + self._shift_ms)

    def day(self, symbol):
        return self.window(symbol, self.now_ms - 86_400_000)

    def window(self, symbol, start_ms):
        trades = [one for one in self._trades if one.time_ms + self._shift_ms >= start_ms]
        if not trades:
            return None
        prices = [one.price for one in trades]
        volume, quote = _volumes(trades)
        return Ticker(
            symbol,
            start_ms,
            self.now_ms,
            prices[0],
            max(prices, key=Decimal),
            min(prices, key=Decimal),
            prices[-1],
            volume,
            quote,
            trades[0].id,
            trades[-1].id,
            len(trades),
        )

    def candles(self, symbol, interval, limit, *, zone_ms=0):
        grid = Interval.parse(interval)
        if not self._trades:
            return []
        rows, last = [], ""
        start_ms = grid.start_of(self._trades[0].time_ms + self._shift_ms, zone_ms)
        while start_ms <= self.now_ms:
            end_ms = grid.end_of(start_ms, zone_ms)
            within = [
                one for one in self._trades if start_ms <= one.time_ms + self._shift_ms <= end_ms
            ]
            rows.append(_candle(symbol, start_ms, end_ms, within, last))
            last = rows[-1].close
            start_ms = end_ms + 1
        return rows[-limit:]


def _candle(symbol, start_ms, end_ms, trades, last):
    prices = [one.price for one in trades] or [last]
    bought = [one for one in trades if not one.buyer_is_maker]
    return Candle(
        symbol,
        start_ms,
        end_ms,
        prices[0],
        max(prices, key=Decimal),
        min(prices, key=Decimal),
        prices[-1],
        *_volumes(trades),
        len(trades),
        *_volumes(bought),
        trades[0].id if trades else -1,
        trades[-1].id if trades else -1,
    )


def _volumes(trades):
    volume = sum((Decimal(one.quantity) for one in trades), Decimal(0))
    quote = sum((Decimal(one.quantity) * Decimal(one.price) for one in trades), Decimal(0))
    return f"{volume:.8f}", f"{quote:.8f}"


def streams_of(source, *, clock=None):
    """Return the derived streams of a tape."""
    made = DerivedStreams("binance-spot", SPOT, [source], NaiveHistory(source, SPOT))
    made.follow(clock or VenueClock())
    return made


def told_by(source, *names, clock=None):
    """Return (message on the tape, is_before, channel, payload) of all that is derived."""
    insert = streams_of(source, clock=clock).insert(names)
    told, done = [], 0
    for chunk in source.batches(0):
        for one in insert(0, chunk):
            told.append((done + one.k, one.is_before, one.channel, json.loads(one.payload)))
        done += chunk.count
    return told


def at(ms):
    """Return the time of the tape `ms` after T0."""
    return (T0 + ms) * MS


def trades(*rows):
    """Return rows of trades (ms after T0, price); ids count from 100."""
    return [(at(ms), 0, trade(100 + i, T0 + ms, price)) for i, (ms, price) in enumerate(rows)]


def quiet(*times_ms):
    """Return rows of messages from which nothing follows."""
    return [(at(ms), 2, b"{}") for ms in times_ms]
