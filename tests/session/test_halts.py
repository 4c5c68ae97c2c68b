import json
from decimal import Decimal
from pathlib import Path

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import ChannelKind
from replayx.limits import PRICE_RECALL_NS
from replayx.market.events import BookTop, FeedKind, MarketFeed, Trade
from replayx.session.halts import halt_at
from replayx.session.stops import StopAfter, StopAt, StopWhen
from replayx.timeline.source import CassetteSource
from replayx.timeline.tape import Tape
from replayx.venues.registry import load_venue
from tests.fake_venue import FakeVenue
from tests.tapes import channel, source

DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"


class Trading(FakeVenue):
    """Streams named `t...` carry trades (a payload is a price), `q...` best quotes."""

    def __init__(self):
        self.decoded = 0

    def market_feed(self, name):
        kinds = {"t": FeedKind.TRADE, "q": FeedKind.BOOK_TOP}
        return MarketFeed(kinds[name[0]], name) if name[:1] in kinds else None

    def decode(self, feed, payloads):
        self.decoded += len(payloads)
        if feed.kind is FeedKind.BOOK_TOP:
            return [BookTop(feed.symbol, 1, "9", "1", "10", "1") for _ in payloads]
        return [
            None
            if payload == b"?"
            else Trade(feed.symbol, 1, bytes(payload).decode(), "1", 0, True)
            for payload in payloads
        ]


CHANNELS = [
    channel(0, "t1", prefix=b"<t1|", suffix=b">"),
    channel(1, "t2"),
    channel(2, "q1"),
    channel(3, "odd"),
    channel(4, "", kind=ChannelKind.REPLY),
    channel(5, "t1", market="other"),
]
ROWS = [
    (0, 0, b"<t1|5>"),
    (1, 1, b"20"),
    (2, 2, b"q"),
    (3, 4, b"reply"),
    (4, 0, b"<t1|?>"),
    (5, 0, b"<t1|9.99>"),
    (6, 3, b"odd"),
    (7, 0, b"<t1|10.0>"),
    (8, 1, b"10"),
    (9, 0, b"<t1|10>"),
    (10, 0, b"<t1|9>"),
    (11, 5, b"11"),
]


def hit(stop, *, bytes_max=1 << 20, chunks=3, venue=None):
    """Return where a stop ends the tape, taken in pieces; None if it doesn't."""
    made = [ROWS[k : k + chunks] for k in range(0, len(ROWS), chunks)]
    tape = Tape([source(CHANNELS, *made)])
    halt = halt_at(stop, tape, {"fake": venue or Trading()})
    while (stretch := tape.take(None, bytes_max, cut=halt.cut)) is not None:
        last = stretch.run.batch.at[stretch.stop - 1]
        if halt.hit_ns is not None:
            assert halt.hit_ns == last
            assert tape.next_at_ns() == (last + 1 if last < ROWS[-1][0] else None)
            return last
    return None


@pytest.mark.parametrize("bytes_max", [1, 10, 1 << 20])
@pytest.mark.parametrize("chunks", [1, 3, 20])
@pytest.mark.parametrize(
    ("stop", "where"),
    [
        (StopAfter(1), 0),
        (StopAfter(3), 2),
        (StopAfter(4), 4),
        (StopAfter(11), 11),
        (StopAfter(12), None),
        (StopWhen(channel="q*"), 2),
        (StopWhen(channel="odd"), 6),
        (StopWhen(channel="o"), None),
        (StopWhen(event="best quotes"), 2),
        (StopWhen(event="Trade", channel="t2"), 1),
        (StopWhen(event="book-delta"), None),
        (StopWhen(price_crosses="10"), 7),
        (StopWhen(price_crosses="6"), 5),
        (StopWhen(price_crosses="9.5"), 5),
        (StopWhen(price_crosses="10", channel="t2"), 8),
        (StopWhen(price_crosses="15", channel="t2", event="trade"), 8),
        (StopWhen(price_crosses="5"), None),
        (StopWhen(price_crosses="10", event="best_quotes"), None),
        (StopWhen(price_crosses="21"), None),
    ],
)
def test_it_ends_behind_the_first_message_that_fits(stop, where, chunks, bytes_max):
    assert hit(stop, chunks=chunks, bytes_max=bytes_max) == where


@pytest.mark.parametrize(("gap_ns", "where"), [(1, 2), (PRICE_RECALL_NS + 1, None)])
@pytest.mark.parametrize("chunks", [1, 3])
def test_the_trade_before_the_run_counts_if_it_was_not_long_ago(chunks, gap_ns, where):
    rows = [(0, 1, b"5"), (1, 0, b"<t1|50>"), (1 + gap_ns, 1, b"15"), (2 + gap_ns, 1, b"16")]
    made = [rows[k : k + chunks] for k in range(0, len(rows), chunks)]
    tape = Tape([source(CHANNELS, *made)]).at(2)
    halt = halt_at(StopWhen(price_crosses="10"), tape, {"fake": Trading()})
    while tape.take(None, 1 << 20, cut=halt.cut) is not None and halt.hit_ns is None:
        pass
    assert halt.hit_ns == where


def test_only_what_may_fit_is_decoded():
    venue = Trading()
    assert hit(StopWhen(channel="q1"), venue=venue) == 2
    assert hit(StopAfter(5), venue=venue) is not None
    assert venue.decoded == 0
    assert hit(StopWhen(price_crosses="15", channel="t2"), venue=venue, chunks=20) == 8
    assert venue.decoded == 2


def test_a_time_is_no_message():
    assert hit(StopAt(5)) is None


@pytest.mark.parametrize("price", ["108374.43", "108369.43", "108380", "1"])
def test_on_a_real_wire_it_is_the_first_trade_across(price):
    """By definition: decode every trade of the channel, and compare neighbours."""
    with CassetteReader(DEMO) as reader:
        channel_of = {one.number: one for one in reader.channels.values()}
        last, expected = None, None
        for one in reader.batches():
            for k in range(one.count):
                carrier = channel_of[one.channel[k]]
                if (carrier.market, carrier.name) != ("binance-spot", "btcusdt@trade"):
                    continue
                message = json.loads(bytes(one.payload(k)))
                now = Decimal(message.get("data", message)["p"])
                crossed = last is not None and min(last, now) <= Decimal(price) <= max(last, now)
                if crossed and last != Decimal(price) and expected is None:
                    expected = one.at[k]
                last = now
        venues = {market.name: load_venue(market.name) for market in reader.header.markets}
        del venues["binance-usdm"]
        tape = Tape([CassetteSource(reader)])
        halt = halt_at(StopWhen(channel="btcusdt@trade", price_crosses=price), tape, venues)
        while halt.hit_ns is None and tape.take(None, 1 << 20, cut=halt.cut) is not None:
            pass
        assert halt.hit_ns == expected
        assert (expected is None) == (price == "1")
