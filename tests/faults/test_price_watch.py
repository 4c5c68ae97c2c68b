"""When a price condition is met: at the first trade that fits, whatever pieces are looked at."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.price_watch import PriceWatch
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.faults.toxics.loss import Loss
from replayx.market.events import FeedKind, MarketFeed, Trade
from replayx.timeline.merge import merge
from tests.fake_venue import FakeVenue
from tests.tapes import channel, source


class TradingVenue(FakeVenue):
    """Streams `trade/SYMBOL` tell prices as plain text."""

    def market_feed(self, channel):
        kind, _, symbol = channel.partition("/")
        return MarketFeed(FeedKind.TRADE, symbol) if kind == "trade" else None

    def decode(self, feed, payloads):
        prices = [bytes(one).decode() for one in payloads]
        return [
            None if price == "?" else Trade(feed.symbol, 1, price, "1", 0, False)
            for price in prices
        ]


VENUES = {"fake": TradingVenue(), "other": TradingVenue()}
CHANNELS = [
    channel(1, "trade/BTC"),
    channel(2, "trade/ETH"),
    channel(3, "news"),
    channel(4, "trade/BTC", market="other"),
]


def rule(price, market=""):
    return Rule(
        name=f"{price}{market}", toxic=Loss(), where=Where(market=market), when=When(price=price)
    )


def watching(rules, rows, cuts=()):
    one = source(CHANNELS, rows)
    watch = PriceWatch([one.channels], VENUES)
    watch.follow(Plan(rules=tuple(rules)))
    for run in merge([one], 0):
        edges = sorted({run.first, run.stop, *(cut for cut in cuts if cut < run.stop)})
        for first, stop in pairwise(edges):
            watch.note(run, first, stop)
    return watch


ROWS = [
    (10, 1, b"100"),
    (20, 2, b"200"),
    (30, 3, b"what"),
    (40, 4, b"300"),
    (50, 1, b"?"),
    (60, 1, b"150"),
    (70, 1, b"90.5"),
]


@pytest.mark.parametrize(
    ("price", "market", "met_ns"),
    [
        ("BTC > 99", "", 10),
        ("BTC > 100", "", 40),
        ("BTC > 100", "fake", 60),
        ("BTC > 100", "other", 40),
        ("BTC < 90.6", "", 70),
        ("BTC < 90.5", "", None),
        ("ETH >= 200", "", 20),
        ("XRP > 1", "", None),
    ],
)
def test_when_a_condition_is_met(price, market, met_ns):
    wanted = rule(price, market)
    watch = watching([wanted], ROWS)
    assert watch.met_ns(wanted) == met_ns
    assert watch.is_idle is (met_ns is not None)


def test_what_was_met_stays_met_until_it_is_forgotten():
    wanted, other = rule("BTC > 99"), rule("BTC > 500")
    watch = watching([wanted], ROWS)
    watch.follow(Plan(rules=(wanted, other)))
    assert (watch.met_ns(wanted), watch.met_ns(other)) == (10, None)
    watch.follow(Plan(rules=(other,)))
    assert watch.met_ns(wanted) is None
    watch.follow(Plan(rules=(wanted,)))
    assert watch.met_ns(wanted) is None
    watch = watching([wanted], ROWS)
    watch.forget()
    assert (watch.met_ns(wanted), watch.is_idle) == (None, False)


@given(
    prices=st.lists(st.tuples(st.sampled_from([1, 2, 4]), st.integers(1, 9)), min_size=1),
    cuts=st.sets(st.integers(1, 30)),
    bound=st.integers(1, 9),
)
def test_pieces_do_not_matter(prices, cuts, bound):
    rows = [(10 * k, number, b"%d" % price) for k, (number, price) in enumerate(prices)]
    wanted = rule(f"BTC > {bound}")
    expected = next(
        (at for at, number, price in rows if number != 2 and Decimal(price.decode()) > bound), None
    )
    assert watching([wanted], rows, cuts).met_ns(wanted) == expected
