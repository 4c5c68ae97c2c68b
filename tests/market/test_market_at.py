"""Hard identities on the real captures: book against best quotes, ids, aggregated trades."""

from collections import defaultdict

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.market.book import Book
from replayx.market.events import BookDelta, BookSnapshot, BookTop, FeedKind, Trade
from replayx.market.history import MarketHistory
from replayx.rng import named_stream
from replayx.session.recorded_answers import RecordedAnswers
from replayx.timeline.source import CassetteSource
from replayx.venues.registry import load_venue

SEED = 20240808
TAPES = {
    "spot": ("binance-spot", "binance_spot_20240808_btcusdt_ethusdt"),
    "next day": ("binance-spot", "binance_spot_20240809_btcusdt_ethusdt"),
    "usdm": ("binance-usdm", "binance_usdm_20240808_btcusdt_ethusdt"),
    "nexo": ("binance-spot", "binance_spot_20240723_nexousdt", "binance_spot_20240724_nexousdt"),
}

pytestmark = pytest.mark.capture


def of(*names):
    """Return parameters, each for one worker: a tape takes a while to read."""
    groups = [pytest.mark.xdist_group(f"market {name}") for name in names]
    return [pytest.param(one, marks=group) for one, group in zip(names, groups, strict=True)]


@pytest.fixture(scope="module")
def made(imported):
    """Return the history and rows of a tape, made once."""
    known = {}

    def make(name):
        if name not in known:
            market, *files = TAPES[name]
            readers = []
            for file in files:
                readers.append(CassetteReader(imported(file)))
            venue = load_venue(market)
            facts = list(RecordedAnswers(market, venue, readers).facts())
            history = MarketHistory(market, [CassetteSource(one) for one in readers], venue, facts)
            history.build()
            known[name] = history, facts, [row for one in readers for row in rows_of(venue, one)]
        return known[name]

    return make


def rows_of(venue, reader):
    """Return (at, feed, event) of every message, decoded one by one."""
    found = []
    for batch in reader.batches():
        for k in range(batch.count):
            channel = reader.channels[batch.channel[k]]
            payload = bytes(batch.payload(k))
            payload = payload[len(channel.prefix) : len(payload) - len(channel.suffix)]
            feed = venue.market_feed(channel.name)
            (event,) = venue.decode(feed, [payload])
            found.append((batch.at[k], feed, event))
    return found


def first_books(facts):
    books = {}
    for fact in facts:
        if fact.feed.kind is FeedKind.BOOK_SNAPSHOT:
            (snapshot,) = fact.read()
            books[fact.feed.symbol] = Book()
            books[fact.feed.symbol].load(snapshot, depth=fact.feed.levels)
    return books


@pytest.mark.parametrize("name", of("spot", "usdm", "nexo"))
def test_the_book_has_as_best_what_the_best_quotes_say(made, name):
    _, facts, rows = made(name)
    books, quotes = first_books(facts), defaultdict(dict)
    for _, feed, event in rows:
        if isinstance(event, BookTop):
            quotes[feed.symbol][event.last_id] = event
    compared = 0
    for _, feed, event in rows:
        if not isinstance(event, BookDelta) or books[feed.symbol].apply(event) is None:
            continue
        book = books[feed.symbol]
        assert book.is_known
        quote = quotes[feed.symbol].get(book.last_id)
        if quote is not None:
            assert book.best() == ((quote.bid, quote.bid_quantity), (quote.ask, quote.ask_quantity))
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("name", of(*TAPES))
def test_trades_and_their_groups_tile(made, name):
    history, _, rows = made(name)
    for symbol in history.symbols():
        view = history.at(rows[-1][0])
        told = {e.id: e for _, f, e in rows if isinstance(e, Trade) and e.symbol == symbol}
        trades = view.trades(symbol, 10**9)
        assert list(trades) == [told[one] for one in sorted(told)]
        groups = view.agg_trades(symbol, 10**9)
        ids = [one for group in groups for one in range(group.first_id, group.last_id + 1)]
        assert ids == [trade.id for trade in trades]
        assert [g.id for g in groups] == [*range(trades[0].id, trades[0].id + len(groups))]
        assert ids == [*range(ids[0], ids[-1] + 1)] or name == "usdm"
        middle = groups[len(groups) // 2]
        assert (
            list(view.agg_trades(symbol, 3, from_id=middle.id))
            == groups[len(groups) // 2 : len(groups) // 2 + 3]
        )


@pytest.mark.parametrize("name", of(*TAPES))
def test_any_instant_is_as_reading_everything_tells(made, name):
    history, facts, rows = made(name)
    draws = named_stream(SEED, f"instants/{name}")
    instants = sorted(draws.randrange(rows[0][0], rows[-1][0] + 1) for _ in range(25))
    books = dict.fromkeys(history.symbols())
    tops, trades, pending = {}, defaultdict(list), first_books(facts)
    at_of = {f.feed.symbol: f.at_ns for f in facts if f.feed.kind is FeedKind.BOOK_SNAPSHOT}
    passed = 0
    expected = []
    for instant in instants:
        while passed < len(rows) and rows[passed][0] <= instant:
            _, feed, event = rows[passed]
            passed += 1
            symbol = feed.symbol
            if isinstance(event, BookTop):
                tops[symbol] = event
            elif isinstance(event, Trade):
                trades[symbol].append(event)
            elif isinstance(event, BookDelta):
                if books[symbol] is None:
                    books[symbol] = pending.get(symbol, Book())
                books[symbol].apply(event)
        for symbol in history.symbols():
            known = books[symbol] if at_of.get(symbol, 0) <= instant else None
            book = None if known is None else known.snapshot(symbol, 5000)
            expected.append((instant, symbol, book, tops.get(symbol), trades[symbol][-40:]))
    draws.shuffle(expected)
    for instant, symbol, book, top, last_trades in expected:
        view = history.at(instant)
        assert list(view.trades(symbol, 40)) == last_trades, (SEED, instant)
        if book is None:
            continue
        assert view.book(symbol, 5000) == book, (SEED, instant)
        assert view.book(symbol, 20) == BookSnapshot(
            symbol, book.last_id, book.bids[:20], book.asks[:20], book.time_ms
        )
        newest = view.top(symbol)
        assert newest.last_id == max(book.last_id, top.last_id)
        if top.last_id >= book.last_id:
            assert newest == top
        else:
            assert (newest.bid, newest.bid_quantity) == book.bids[0]
            assert (newest.ask, newest.ask_quantity) == book.asks[0]


@pytest.mark.parametrize("name", of("spot", "nexo"))
def test_steps_are_those_of_the_venue(made, name):
    history, _, _ = made(name)
    steps = {symbol: history.at(0).increments(symbol) for symbol in history.symbols()}
    assert {symbol: (one.price.rstrip("0"), one.quantity.rstrip("0")) for symbol, one in
            steps.items()} == {
        "spot": {"BTCUSDT": ("0.01", "0.00001"), "ETHUSDT": ("0.01", "0.0001")},
        "nexo": {"NEXOUSDT": ("0.001", "0.01")},
    }[name]  # fmt: skip
