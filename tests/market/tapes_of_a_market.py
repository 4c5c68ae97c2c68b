"""Random tapes of a market, and what is known at an instant of them by definition."""

from functools import partial

from hypothesis import strategies as st

from replayx.market.book_pass import BookPass
from replayx.market.codec import Fact
from replayx.market.events import BookDelta, BookSnapshot, FeedKind, MarketFeed, Trade
from tests.market.fake_codec import FakeCodec, delta, top, trade
from tests.tapes import channel, source

TRADES, DELTAS, TOPS = range(3)
CHANNELS = [channel(TRADES, "x@trade"), channel(DELTAS, "x@delta"), channel(TOPS, "x@top")]
STEP_NS = 1_000_000


@st.composite
def tapes(draw, *, sources=1, gaps=True):
    """Draw one market and what `sources` recorders made of it: rows by chunk, and answers."""
    events = draw(st.lists(st.tuples(
        st.integers(0, 3), st.sampled_from(["trade", "delta", "top", "snapshot"]),
        st.integers(0, 9), st.integers(0, 4),
    ), min_size=1, max_size=40))  # fmt: skip
    now, trade_id, book_id, facts, rows = 5, 100, 50, [], []
    bids, asks = {}, {}
    for wait, kind, number, other in events:
        now += wait
        if kind == "trade":
            trade_id += 1
            rows.append((now, TRADES, trade(trade_id, f"{10 + other % 2}.0", "0.5", now // 4)))
        elif kind == "delta":
            first, book_id = book_id + 1, book_id + 1 + other
            middle = 10 + number
            bids = {p: s for p, s in bids.items() if int(p) < middle} | {str(middle - 1): "1"}
            asks = {p: s for p, s in asks.items() if int(p) >= middle} | {str(middle + other): "2"}
            removed = [(str(p), "0.0") for p in range(1, 25)]
            told = dict([*removed[middle - 1 :], (str(middle - 1), "1")])
            told_asks = dict([*removed[: middle - 1], (str(middle + other), "2")])
            rows.append((now, DELTAS, delta(first, book_id, told.items(), told_asks.items())))
        elif kind == "top":
            rows.append((now, TOPS, top(book_id + number % 3, "9", "30")))
        else:
            told = BookSnapshot(
                "X", book_id, tuple(bids.items()), tuple(asks.items()), book_id)  # fmt: skip
            late = number * STEP_NS // 2
            feed = MarketFeed(FeedKind.BOOK_SNAPSHOT, "X", levels=5 + other)
            facts.append(Fact(now * STEP_NS + late, feed, partial(_told, told)))
    recorders = []
    for _ in range(sources):
        lost = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
        lag = draw(st.integers(0, 2))
        kept = [(at * STEP_NS + lag, number, payload) for (at, number, payload), is_lost in
                zip(rows, lost, strict=True) if not (gaps and is_lost and at % 5 == 0)]  # fmt: skip
        recorders.append(source(CHANNELS, *_chunked(draw, kept)))
    return recorders, facts


def _told(snapshot):
    return [snapshot]


def _chunked(draw, rows):
    chunks, rest = [], rows
    while rest:
        count = draw(st.integers(1, 12))
        chunks.append(rest[:count])
        rest = rest[count:]
    return chunks


def in_total_order(sources):
    """Return (at, event) of all messages."""
    codec = FakeCodec()
    found = []
    for number, one in enumerate(sources):
        for batch in one.batches(0):
            for k in range(batch.count):
                feed = codec.market_feed(one.channels[batch.channel[k]].name)
                (event,) = codec.decode(feed, [batch.payload(k)])
                found.append((batch.at[k], number, batch.ordinal, k, event))
    found.sort(key=lambda row: row[:4])
    return [(row[0], row[4]) for row in found]


class NoWriter:
    """Key-frames that nobody keeps."""

    def change(self, *levels):
        pass

    def add(self, *frame, is_new=False):
        pass

    def first(self, at_ns, book):
        pass


def book_at(rows, facts, at_ns):
    """Return the book from applying everything from the beginning."""
    snapshots = sorted((one for one in facts if one.at_ns <= at_ns), key=lambda one: one.at_ns)
    following = BookPass("X", NoWriter(), snapshots)
    for row_ns, event in rows:
        if row_ns > at_ns:
            break
        while (due := following.next_ns()) is not None and due < row_ns:
            following.take_snapshot(0)
        if isinstance(event, BookDelta):
            following.follow([event])
    while following.next_ns() is not None:
        following.take_snapshot(0)
    return following.book


def trades_at(rows, at_ns):
    """Return the trades known at an instant."""
    known = {e.id: e for row_ns, e in rows if row_ns <= at_ns and isinstance(e, Trade)}
    return [known[one] for one in sorted(known)]
