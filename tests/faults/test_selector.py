"""What a rule selects: positions by hand, and that no batching of a link shows in them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.flow import Flow
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import Attempt, RoundTrip
from replayx.faults.rule import Rule, When, Where
from replayx.faults.selector import can_act_on, selector
from replayx.faults.toxic import Toxic
from replayx.venues.venue import RequestKey

S = 1_000_000_000
START_NS = 1_000 * S
LINK = Link("fake", Carrier.WS, Direction.DOWNSTREAM, 2)
REST = Link("fake", Carrier.REST, Direction.DOWNSTREAM)
NAMES = ("btc@trade", "eth@trade", "btc@depth", "")


class Nothing(Toxic, frozen=True):
    """Does nothing."""

    type = "nothing"
    draws = 1


class Chance:
    """Draws of the messages from `index` on: a fixed sequence a column."""

    def __init__(self, index, count):
        self._index, self._count = index, count

    def column(self, number):
        assert number == Nothing.draws
        return [self.at(self._index + k) for k in range(self._count)]

    @staticmethod
    def at(index):
        return (index * 7919 % 1000) / 1000


def flow_of(messages, *, index=0):
    """A flow of (channel, seconds since the tape's start)."""
    return Flow(
        0,
        index,
        memoryview(bytes(len(messages))),
        range(len(messages) + 1),
        channel=[channel for channel, _ in messages],
        at_ns=[START_NS + round(at_s * S) for _, at_s in messages],
    )


def rule_of(where=None, **when):
    return Rule(name="r", toxic=Nothing(), where=Where(**(where or {})), when=When(**when))


def selected(rule, messages, **kwargs):
    flow = flow_of(messages)
    one = selector(rule, LINK, start_ns=START_NS, **kwargs)
    return list(one.select(flow, Chance(0, flow.count)))


SECONDS = [("btc@trade", second) for second in range(10)]


@pytest.mark.parametrize(
    ("when", "places"),
    [
        ({}, range(10)),
        ({"from_ns": 4 * S}, range(4, 10)),
        ({"until_ns": 4 * S}, range(4)),
        ({"from_ns": 2 * S, "until_ns": 5 * S}, range(2, 5)),
        ({"from_ns": 2 * S, "for_ns": 3 * S}, range(2, 5)),
        ({"for_ns": 3 * S}, range(3)),
        ({"after_ns": 1 * S}, range(4, 10)),
        ({"after_ns": 1 * S, "for_ns": 2 * S}, range(4, 6)),
        ({"from_ns": 5 * S, "after_ns": 1 * S, "for_ns": 2 * S}, range(5, 7)),
        ({"nth": (3, 1, 3)}, [0, 2]),
        ({"nth": (11,)}, []),
        ({"every": 3}, [2, 5, 8]),
        ({"every": 3, "first": 6}, [2, 5]),
        ({"every": 3, "nth": (6, 7)}, [5]),
        ({"first": 3}, range(3)),
        ({"times": 2}, range(2)),
        ({"every": 3, "times": 2}, [2, 5]),
        ({"from_ns": 4 * S, "nth": (3,)}, [6]),
        ({"from_ns": 4 * S, "until_ns": 4 * S + 1}, [4]),
        ({"probability": 0.5}, [k for k in range(10) if Chance.at(k) < 0.5]),
        ({"probability": 0.0}, []),
        ({"probability": 0.5, "times": 1}, [0]),
    ],
    ids=str,
)
def test_when(when, places):
    assert selected(rule_of(**when), SECONDS, opened_ns=START_NS + 3 * S) == list(places)


def test_the_first_ones_are_the_first_ones_also_of_a_batch_long_behind_them():
    one = selector(rule_of(first=3), LINK, start_ns=START_NS)
    flows = [flow_of(SECONDS[:7]), flow_of(SECONDS, index=7), flow_of(SECONDS, index=17)]
    chosen = [list(one.select(flow, Chance(flow.index, flow.count))) for flow in flows]
    assert chosen == [[0, 1, 2], [], []]


def test_a_rule_given_later_counts_its_duration_from_then():
    given_ns = START_NS + 6 * S
    assert selected(rule_of(for_ns=2 * S), SECONDS[6:], given_ns=given_ns) == [0, 1]
    assert selected(rule_of(from_ns=1 * S, for_ns=2 * S), SECONDS[6:], given_ns=given_ns) == []


@pytest.mark.parametrize(
    ("where", "places"),
    [
        ({}, [0, 1, 2, 3]),
        ({"channel": "*@trade"}, [0, 1]),
        ({"channel": "btc@*"}, [0, 2]),
        ({"symbol": "btc"}, [0, 2]),
        ({"symbol": "ETH"}, [1]),
        ({"symbol": "ETH", "channel": "*@depth"}, []),
        ({"symbol": "DEPTH"}, [2]),
        ({"route": "GET /x"}, []),
    ],
    ids=str,
)
def test_where(where, places):
    """The venue says the symbol; where it does not know, it is looked for in the name."""
    if where.get("route"):
        link = LINK._replace(carrier=Carrier.WSAPI)
        one = selector(rule_of(where), link, start_ns=START_NS)
        assert list(one.select(flow_of([("", 0)]), Chance(0, 1))) == []
        return
    messages = [(name, 1) for name in NAMES]
    known = {"btc@trade": "BTC", "eth@trade": "ETH"}
    assert selected(rule_of(where), messages, symbol_of=lambda name: known.get(name, "")) == places


def test_counters_count_what_where_lets_through():
    messages = [(("btc@trade", "eth@trade")[k % 2], k) for k in range(10)]
    assert selected(rule_of({"channel": "eth*"}, nth=(2, 3)), messages) == [3, 5]


@pytest.mark.parametrize(
    ("where", "link", "can"),
    [
        ({}, LINK, True),
        ({"market": "fake"}, LINK, True),
        ({"market": "other"}, LINK, False),
        ({"carrier": "ws"}, LINK, True),
        ({"carrier": "rest"}, LINK, False),
        ({"connection": 2}, LINK, True),
        ({"connection": 1}, LINK, False),
        ({"client": "a"}, LINK, False),
        ({"client": "a"}, LINK._replace(client="a"), True),
        ({"direction": "upstream"}, LINK, False),
        ({"direction": "upstream"}, LINK._replace(direction=Direction.UPSTREAM), True),
        ({"channel": "*"}, REST, False),
        ({"channel": "*"}, LINK, True),
        ({"route": "*"}, LINK, False),
        ({"route": "*"}, REST, True),
        ({"connection": 1}, REST, False),
    ],
    ids=str,
)
def test_can_act_on(where, link, can):
    assert can_act_on(rule_of(where), link) is can


def trip(path="/depth", symbols=("BTC",), at_s=0.0):
    return RoundTrip(
        link=REST,
        index=0,
        key=RequestKey("GET", path, ()),
        symbols=symbols,
        at_ns=START_NS + round(at_s * S),
        now_ns=0,
    )


@pytest.mark.parametrize(
    ("where", "takes"),
    [
        ({}, True),
        ({"route": "GET /de*"}, True),
        ({"route": "/depth"}, True),
        ({"route": "POST *"}, False),
        ({"symbol": "btc"}, True),
        ({"symbol": "eth"}, False),
    ],
    ids=str,
)
def test_requests(where, takes):
    one = selector(rule_of(where), REST, start_ns=START_NS)
    assert one.takes(trip(), (0.5, 0.5)) is takes


def test_requests_are_counted_and_chance_is_behind_the_toxics_own():
    one = selector(rule_of({"route": "/depth"}, every=2, times=2), REST, start_ns=START_NS)
    takes = [one.takes(trip(path), (0.5, 0.5)) for path in ["/depth", "/time", "/depth"] * 3]
    assert takes == [False, False, True, False, False, True, False, False, False]
    chance = selector(rule_of(probability=0.4), REST, start_ns=START_NS)
    assert [chance.takes(trip(), (0.9, draw)) for draw in (0.39, 0.4)] == [True, False]


def test_handshakes():
    one = selector(rule_of(nth=(2,), from_ns=1 * S), LINK, start_ns=START_NS)
    attempts = [
        Attempt(link=LINK, target="/s", at_ns=START_NS + at_s * S, now_ns=0) for at_s in range(4)
    ]
    assert [one.takes_attempt(one_of, (0, 0)) for one_of in attempts] == [False, False, True, False]
    of_a_channel = selector(rule_of({"channel": "*"}), LINK, start_ns=START_NS)
    assert not of_a_channel.takes_attempt(attempts[0], (0, 0))


def test_a_price_opens_the_window_behind_the_trade_that_met_it():
    met = {}
    rule = rule_of(price="BTC > 5", for_ns=3 * S)
    one = selector(rule, LINK, start_ns=START_NS, price_met_ns=lambda one: met.get(one.when.price))
    assert list(one.select(flow_of(SECONDS), Chance(0, 10))) == []
    met["BTC > 5"] = START_NS + 4 * S
    assert list(one.select(flow_of(SECONDS), Chance(0, 10))) == [5, 6, 7]


optional_s = st.none() | st.integers(0, 40)
whens = st.builds(
    lambda **given: When(**{key: value for key, value in given.items() if value is not None}),
    from_ns=st.integers(0, 20).map(lambda s: s * S),
    until_ns=optional_s.map(lambda s: None if s is None else s * S),
    after_ns=st.integers(0, 10).map(lambda s: s * S),
    for_ns=optional_s.map(lambda s: None if s is None else s * S),
    nth=st.lists(st.integers(1, 30), max_size=4).map(tuple),
    every=st.integers(1, 5),
    first=st.none() | st.integers(1, 30),
    times=st.none() | st.integers(1, 10),
    probability=st.sampled_from([1.0, 0.5, 0.1]),
)
wheres = st.sampled_from([{}, {"channel": "*@trade"}, {"symbol": "btc"}])


@given(
    when=whens,
    where=wheres,
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=40),
    data=st.data(),
)
def test_batching_does_not_matter(when, where, names, data):
    times = sorted(data.draw(st.lists(st.integers(0, 40), min_size=len(names),
                                      max_size=len(names))))  # fmt: skip
    cuts = sorted(data.draw(st.sets(st.integers(0, len(names)))) | {0, len(names)})
    messages = list(zip(names, times, strict=True))
    rule = Rule(name="r", toxic=Nothing(), where=Where(**where), when=when)
    whole = selected(rule, messages)
    one = selector(rule, LINK, start_ns=START_NS)
    pieces = []
    for first, stop in pairwise(cuts):
        flow = flow_of(messages[first:stop], index=first)
        pieces += [first + k for k in one.select(flow, Chance(first, flow.count))]
    assert pieces == whole
