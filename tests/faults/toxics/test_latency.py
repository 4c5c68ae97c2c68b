"""latency: when messages arrive; every distribution against its own definition."""

from math import erf, log, sqrt

import msgspec
import numpy as np
import pytest

from replayx.faults.draws import Chance, FlowDraws
from replayx.faults.flow import NEVER_NS, Flow
from replayx.venues.registry import load_venue
from tests.faults.flows import MS, REST, UPSTREAM, WS, WSAPI, carried, flow_of, texts, toxic


@pytest.mark.parametrize(
    ("attributes", "draws", "delays_ms"),
    [
        ({"delay": "100ms"}, (0.1, 0.5, 0.9), (100, 100, 100)),
        ({"delay": "0s"}, (0.1, 0.5, 0.9), (0, 0, 0)),
        ({"delay": "100ms", "jitter": "40ms"}, (0.0, 0.5, 0.75), (60, 100, 120)),
        ({"delay": "10ms", "jitter": "40ms"}, (0.0, 0.5, 0.75), (0, 10, 30)),
        (
            {"delay": "100ms", "jitter": "40ms", "distribution": "normal"},
            (0.5, 0.8413447460685429, 0.15865525393145707),
            (100, 140, 60),
        ),
        (
            {"delay": "100ms", "jitter": "40ms", "distribution": "lognormal"},
            (0.5, 0.8413447460685429, 0.15865525393145707),
            (100, 140, 71.428571),
        ),
        (
            {"delay": "100ms", "jitter": "40ms", "distribution": "pareto"},
            (0.0, 0.875, 0.999),
            (100, 140, 460),
        ),
    ],
)
def test_delays(attributes, draws, delays_ms):
    flow = flow_of("a", "b", "c", now_ns=7)
    assert carried(toxic("latency", **attributes).on_link(WS), flow, draws) == [0, 1, 2]
    delays = [(due_ns - 7) / MS for due_ns, _ in texts(flow)]
    assert delays == pytest.approx(delays_ms, abs=2e-6)
    assert [text for _, text in texts(flow)] == ["a", "b", "c"]


def test_a_constant_delay_leaves_a_run_one_part():
    flow = flow_of(*"abcdef")
    carried(toxic("latency").on_link(WS), flow)
    assert len(flow.parts) == 1


def test_what_was_not_selected_is_not_late():
    flow = flow_of(*"abc")
    assert carried(toxic("latency").on_link(WS), flow, fired=[1]) == [1]
    assert texts(flow) == [(0, "a"), (100 * MS, "b"), (0, "c")]


def test_the_edges_of_chance_are_finite():
    for distribution in ("uniform", "normal", "lognormal", "pareto"):
        flow = flow_of("a", "b")
        latency = toxic("latency", delay="1h", jitter="300d", distribution=distribution)
        carried(latency.on_link(WS), flow, (0.0, 1 - 2**-53))
        assert all(0 <= due_ns < NEVER_NS for due_ns, _ in texts(flow))


def test_it_delays_messages_wherever_there_are_some():
    latency = toxic("latency")
    assert latency.on_link(REST) is None
    assert None not in (latency.on_link(WSAPI), latency.on_link(UPSTREAM))


def test_the_recorded_delay_is_the_receipt_less_the_time_that_is_told():
    second = 1_700_000_000_000
    flow = flow_of(
        f'{{"e":"trade","E":{second - 30}}}',
        '{"u":1}',
        f'{{"e":"trade","E":{second + 9}}}',
        at_ns=[second * MS] * 3,
        venue=load_venue("binance-spot"),
    )
    carried(toxic("latency", delay="5ms", distribution="recorded").on_link(WS), flow)
    assert [due_ns for due_ns, _ in texts(flow)] == [35 * MS, 35 * MS, 5 * MS]


def test_the_recorded_delay_is_by_the_venues_clock():
    """Which is ahead of the recorder's, or shifted as all times are that clients see."""
    flow = flow_of('{"e":"trade","E":5030}', at_ns=[1000 * MS], venue=load_venue("binance-spot"))
    flow.venue_ms = lambda at_ns: at_ns // MS + 4040
    carried(toxic("latency", delay="0s", distribution="recorded").on_link(WS), flow)
    assert [due_ns for due_ns, _ in texts(flow)] == [10 * MS]


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"jitter": "1ms", "distribution": "constant"}, "expected none"),
        ({"jitter": "1ms", "distribution": "recorded"}, "expected none"),
        ({"delay": "0s", "jitter": "1ms", "distribution": "lognormal"}, "the median"),
        ({"correlation": 0.5}, "correlation without jitter"),
        ({"correlation": 1, "jitter": "1ms"}, "correlation 1"),
        ({"distribution": "poisson"}, "poisson"),
    ],
)
def test_contradictions_are_refused(attributes, complaint):
    with pytest.raises(msgspec.ValidationError, match=complaint):
        toxic("latency", **attributes)


# ---- statistics: a million messages, one seed

COUNT = 1_000_000
FLOW_COUNT = 20_000
# Kolmogorov's distribution: a true hypothesis is refused once in a thousand times beyond this.
CRITICAL = 1.95

D, J = 100 * MS, 10 * MS


# Between points a thousandth of a deviation apart the normal distribution is straight to 1e-7.
GRID = np.linspace(-9, 9, 18_001)
PHI = np.array([(1 + erf(value / sqrt(2))) / 2 for value in GRID.tolist()])


def phi(values):
    return np.interp(values, GRID, PHI)


DISTRIBUTIONS = {
    "uniform": lambda x: (x - (D - J)) / (2 * J),
    "normal": lambda x: phi((x - D) / J),
    "lognormal": lambda x: phi(np.log(x / D) / log(1 + J / D)),
    "pareto": lambda x: 1 - (1 + (x - D) / J) ** -3.0,
}


def delays_of(latency, *, seed=1):
    """Return the delays of a million messages."""
    running = latency.on_link(WS)
    chance = Chance(seed, "a rule", WS.name)
    frames = memoryview(b"\x81\x01x" * FLOW_COUNT)
    end, channel, at_ns = range(0, len(frames) + 1, 3), ["c"] * FLOW_COUNT, [0] * FLOW_COUNT
    delays = []
    for index in range(0, COUNT, FLOW_COUNT):
        flow = Flow(0, index, frames, end, channel=channel, at_ns=at_ns)
        running.apply(flow, range(FLOW_COUNT), FlowDraws(chance, index, FLOW_COUNT))
        delays += [part.due_ns for part in flow.parts]
    return np.array(delays, dtype=float)


def distance(sample, distribution):
    """Return the Kolmogorov-Smirnov statistic, times the root of how many there are."""
    ordered = np.sort(sample)
    expected = distribution(ordered)
    ranks = np.arange(len(ordered) + 1) / len(ordered)
    gap = max(np.max(np.abs(expected - ranks[1:])), np.max(np.abs(expected - ranks[:-1])))
    return gap * sqrt(len(ordered))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_delays_are_distributed_as_they_are_called(name):
    delays = delays_of(toxic("latency", delay="100ms", jitter="10ms", distribution=name))
    assert len(delays) == COUNT
    assert abs(np.corrcoef(delays[:-1], delays[1:])[0, 1]) < 0.003
    assert distance(delays, DISTRIBUTIONS[name]) < CRITICAL
    # The test is able to fail: by a thousandth of the delay, or by another distribution.
    assert distance(delays + D / 1000, DISTRIBUTIONS[name]) > CRITICAL
    other = DISTRIBUTIONS["lognormal" if name == "normal" else "normal"]
    assert distance(delays, other) > CRITICAL


def test_delays_are_as_correlated_as_asked_and_distributed_as_before():
    latency = toxic("latency", delay="100ms", jitter="10ms", distribution="normal", correlation=0.6)
    delays = delays_of(latency)
    assert np.corrcoef(delays[:-1], delays[1:])[0, 1] == pytest.approx(0.6, abs=0.003)
    assert np.corrcoef(delays[:-2], delays[2:])[0, 1] == pytest.approx(0.36, abs=0.004)
    assert distance(delays[::40], DISTRIBUTIONS["normal"]) < CRITICAL  # 0.6 ** 40 is nothing
