"""loss: which messages are lost; rates and bursts against their definitions."""

from itertools import groupby
from math import sqrt

import msgspec
import numpy as np
import pytest

from replayx.faults.draws import Chance, FlowDraws
from replayx.faults.flow import Flow
from replayx.venues.registry import load_venue
from tests.faults.flows import REST, WS, carried, flow_of, texts, toxic


def left(flow):
    return "".join(text for _, text in texts(flow))


@pytest.mark.parametrize(
    ("attributes", "first", "second", "kept"),
    [
        ({}, (0.0, 0.5, 0.99, 0.3), (0, 0, 0, 0), ""),
        ({"rate": 0.4}, (0.0, 0.5, 0.39, 0.4), (0, 0, 0, 0), "bd"),
        ({"rate": 0}, (0.0, 0.5, 0.39, 0.4), (0, 0, 0, 0), "abcd"),
        # In a burst from behind the first, until behind the third.
        ({"enter": 0.2, "leave": 0.5}, (0.0, 0.9, 0.9, 0.0), (0.1, 0.6, 0.4, 0.9), "ad"),
        (
            {"enter": 0.2, "leave": 0.5, "rate": 0.7, "outside": 0.1},
            (0.05, 0.9, 0.6, 0.2),
            (0.1, 0.6, 0.4, 0.9),
            "bd",
        ),
    ],
)
def test_what_is_lost(attributes, first, second, kept):
    flow = flow_of(*"abcd")
    touched = carried(toxic("loss", **attributes).on_link(WS), flow, first, second)
    assert left(flow) == kept
    assert touched == ["abcd".index(one) for one in "abcd" if one not in kept]


def test_what_was_not_selected_is_not_lost():
    flow = flow_of(*"abcd")
    assert carried(toxic("loss").on_link(WS), flow, (0,) * 4, (0,) * 4, fired=[0, 2]) == [0, 2]
    assert left(flow) == "bd"


def test_what_is_gone_is_not_lost_again():
    flow = flow_of(*"abcd")
    flow.parts = flow.parts[:0]
    assert carried(toxic("loss").on_link(WS), flow, (0,) * 4, (0,) * 4) == []


def test_a_run_that_loses_one_stays_two_parts():
    flow = flow_of(*"abcdefgh")
    column = [0.5] * 8
    column[3] = 0.0
    carried(toxic("loss", rate=0.1).on_link(WS), flow, column, column)
    assert [(part.first, part.stop) for part in flow.parts] == [(0, 3), (4, 8)]


DELTA = '{"e":"depthUpdate","E":1700000000000,"s":"BTCUSDT","U":%d,"u":%d,"b":[],"a":[]}'
TRADE = (
    '{"e":"trade","E":1700000000000,"s":"BTCUSDT","t":%d,"p":"1","q":"1",'
    '"T":1700000000000,"m":true,"M":true}'
)


@pytest.mark.parametrize(
    ("ids", "lost"),
    [("157..160", [1, 2]), ("157", [1]), ("161", [2]), ("7", [3]), ("1..999999", [0, 1, 2, 3])],
)
def test_ids_choose_what_is_lost(ids, lost):
    """Whatever the envelope, and by all ids that a change of the book covers."""
    said = [DELTA % (150, 155), DELTA % (156, 158), DELTA % (159, 161), TRADE % 7, "{}"]
    channels = ["btcusdt@depth"] * 3 + ["btcusdt@trade", ""]
    wanted = {name: (b'{"stream":"%s","data":' % name.encode(), b"}") for name in channels[2:4]}
    enveloped = [
        "".join((wanted.get(name, (b"", b""))[0].decode(), text, "}" if name in wanted else ""))
        for name, text in zip(channels, said, strict=True)
    ]
    venue = load_venue("binance-spot")
    flow = flow_of(*enveloped, channel=channels, venue=venue, wanted=wanted)
    draws = (0.5,) * 5
    assert carried(toxic("loss", ids=ids).on_link(WS), flow, draws, draws) == lost


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"enter": 0.1}, "enter without leave"),
        ({"leave": 0.1}, "without enter"),
        ({"outside": 0.1}, "without enter"),
        ({"ids": "9..5"}, "ids '9..5'"),
        ({"ids": "U..u"}, "ids 'U..u'"),
    ],
)
def test_contradictions_are_refused(attributes, complaint):
    with pytest.raises(msgspec.ValidationError, match=complaint):
        toxic("loss", **attributes)


def test_requests_are_not_messages():
    assert toxic("loss").on_link(REST) is None


# ---- statistics: a million messages, one seed

COUNT = 1_000_000
FLOW_COUNT = 50_000


def losses(loss, *, seed=1):
    """Return of each of a million messages whether it is lost."""
    running = loss.on_link(WS)
    chance = Chance(seed, "a rule", WS.name)
    frames = memoryview(b"\x81\x01x" * FLOW_COUNT)
    end, channel, at_ns = range(0, len(frames) + 1, 3), ["c"] * FLOW_COUNT, [0] * FLOW_COUNT
    is_lost = np.zeros(COUNT, dtype=bool)
    for index in range(0, COUNT, FLOW_COUNT):
        flow = Flow(0, index, frames, end, channel=channel, at_ns=at_ns)
        touched = running.apply(flow, range(FLOW_COUNT), FlowDraws(chance, index, FLOW_COUNT))
        is_lost[[index + k for k in touched]] = True
    return is_lost


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5])
def test_the_rate_is_what_is_lost(rate):
    lost = losses(toxic("loss", rate=rate)).sum()
    assert abs(lost - rate * COUNT) < 3 * sqrt(rate * (1 - rate) * COUNT)


def test_bursts_are_as_long_and_as_rare_as_asked():
    enter, leave = 0.02, 0.25
    is_lost = losses(toxic("loss", enter=enter, leave=leave))
    share = enter / (enter + leave)
    # Neighbours are correlated by 1 - enter - leave, which makes the mean less certain.
    kept = 1 - enter - leave
    deviation = sqrt(share * (1 - share) / COUNT * (1 + kept) / (1 - kept))
    assert abs(is_lost.mean() - share) < 3 * deviation
    for bursts, ends in ((True, leave), (False, enter)):
        lengths = [len(list(run)) for lost, run in groupby(is_lost.tolist()) if lost is bursts]
        assert is_geometric(lengths[1:-1], ends)
        assert not is_geometric(lengths[1:-1], ends * 1.1)


def is_geometric(lengths, end):
    """Say by a chi-square test, at 3 σ, whether lengths are those of runs that end by `end`."""
    count = len(lengths)
    observed = np.bincount(lengths, minlength=200)[1:]
    expected = count * end * (1 - end) ** np.arange(len(observed))
    body = expected >= 20
    rest = observed[~body].sum(), count - expected[body].sum()
    observed = np.append(observed[body], rest[0])
    expected = np.append(expected[body], rest[1])
    freedom = len(observed) - 1
    statistic = ((observed - expected) ** 2 / expected).sum()
    return statistic < freedom + 3 * sqrt(2 * freedom)


def test_both_states_lose_by_their_own_rate():
    is_lost = losses(toxic("loss", enter=0.1, leave=0.3, rate=0.6, outside=0.2))
    share = (0.1 * 0.6 + 0.3 * 0.2) / 0.4
    # Covariances of neighbours: (0.6 - 0.2)² times those of the states, which fade by 0.6 a step.
    spread = share * (1 - share) + 2 * 0.4**2 * 0.25 * 0.75 * 0.6 / 0.4
    assert abs(is_lost.mean() - share) < 3 * sqrt(spread / COUNT)
