import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.book import Book
from replayx.market.derived import merged, tops
from replayx.market.events import BookDelta, BookSnapshot, BookTop, FeedKind
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest
from tests.venues.binance.captures import capture, lines

SNAPSHOT = BookSnapshot("S", 10, (("9", "1"), ("8", "1")), (("11", "1"),))


def _delta(first, last, bids=(), asks=(), previous=-1):
    return BookDelta("S", first, last, tuple(bids), tuple(asks), last * 100, previous)


def test_best_quotes_are_told_behind_what_changes_them():
    told = [
        (0, SNAPSHOT),
        (2, _delta(11, 12, bids=[("8", "5")])),
        (3, _delta(13, 13, bids=[("9", "0")])),
        (5, _delta(13, 13, bids=[("9.5", "7")])),
        (7, _delta(14, 15, asks=[("11", "2")])),
    ]
    assert tops(Book(), "S", told) == [
        (0, BookTop("S", 10, "9", "1", "11", "1")),
        (3, BookTop("S", 13, "8", "5", "11", "1", 1300)),
        (7, BookTop("S", 15, "8", "5", "11", "2", 1500)),
    ]


def test_a_known_book_tells_nothing_until_it_changes():
    book = Book()
    book.load(SNAPSHOT)
    assert tops(book, "S", [(4, _delta(11, 11, bids=[("9", "1")]))]) == []


def test_deltas_are_merged_with_the_sizes_told_last():
    first = _delta(1, 2, bids=[("9", "1"), ("8", "2")])
    second = _delta(3, 5, bids=[("9", "0")], asks=[("10", "4")])
    assert merged([first, second]) == [
        _delta(1, 5, bids=[("9", "0"), ("8", "2")], asks=[("10", "4")])
    ]
    assert merged([]) == []


@pytest.mark.parametrize(
    ("deltas", "ids"),
    [
        ([_delta(1, 2), _delta(4, 5)], [(1, 2), (4, 5)]),
        ([_delta(1, 2), _delta(1, 2), _delta(3, 4)], [(1, 4)]),
        ([_delta(1, 2, previous=0), _delta(7, 9, previous=2)], [(1, 9)]),
        ([_delta(1, 2, previous=0), _delta(7, 9, previous=5)], [(1, 2), (7, 9)]),
    ],
)
def test_what_is_missing_stays_missing(deltas, ids):
    assert [(one.first_id, one.last_id) for one in merged(deltas)] == ids


LEVELS = st.lists(
    st.tuples(st.sampled_from(["7", "8", "9"]), st.sampled_from(["0", "1", "2"])), max_size=3
)


@given(st.lists(LEVELS, min_size=1, max_size=8), st.data())
def test_merged_deltas_lead_to_the_same_book(changes, data):
    deltas = [_delta(11 + i, 11 + i, bids=levels) for i, levels in enumerate(changes)]
    fast, slow = Book(), Book()
    fast.load(SNAPSHOT)
    slow.load(SNAPSHOT)
    cut = data.draw(st.integers(0, len(deltas)))
    for delta in deltas:
        fast.apply(delta)
    for delta in merged(deltas[:cut]) + merged(deltas[cut:]):
        slow.apply(delta)
    assert fast.snapshot("S", 9) == slow.snapshot("S", 9)


def _told(name, venue, symbol):
    """Yield (kind, event) of a symbol's book, diffs and best quotes in a capture."""
    payloads = {FeedKind.BOOK_DELTA: [], FeedKind.BOOK_TOP: []}
    order, snapshots = [], {}
    for line in lines(name):
        if line.src == "rest" and f"symbol={symbol}" in line.url:
            snapshots[len(order)] = line.raw.encode()
            continue
        feed = venue.market_feed(line.stream) if line.ev == "msg" else None
        if feed is not None and feed.kind in payloads and feed.symbol == symbol:
            raw = line.raw.encode()
            payloads[feed.kind].append(raw[raw.index(b'"data":') + 7 : -1])
            order.append(feed)
    events = {}
    for feed in dict.fromkeys(order):
        events[feed.kind] = iter(venue.decode(feed, payloads[feed.kind]))
    return [next(events[feed.kind]) for feed in order], snapshots


@pytest.mark.parametrize(
    ("name", "venue", "symbol"),
    [
        pytest.param(name, venue, symbol, marks=capture)
        for name, venue, symbol in (
            ("binance_spot_20240808_btcusdt_ethusdt", BinanceSpot(), "BTCUSDT"),
            ("binance_usdm_20240808_btcusdt_ethusdt", BinanceUsdm(), "ETHUSDT"),
        )
    ],
)
def test_derived_best_quotes_are_the_recorded_ones(name, venue, symbol):
    events, snapshots = _told(name, venue, symbol)
    body = next(iter(snapshots.values()))
    key = venue.request_key(HttpRequest("GET", venue.depth_target(symbol)))
    snapshot = venue.decode_answer(venue.answer_feed(key), body)[0]
    told = [(-1, snapshot)] + [(k, e) for k, e in enumerate(events) if isinstance(e, BookDelta)]
    derived = {top.last_id: top for _, top in tops(Book(), symbol, told)}
    recorded = {e.last_id: e for e in events if isinstance(e, BookTop)}
    both = [u for u in derived if u in recorded]
    assert len(both) > 100
    for u in both:
        assert _quotes(derived[u]) == _quotes(recorded[u])


def _quotes(top):
    return top.bid, top.bid_quantity, top.ask, top.ask_quantity
