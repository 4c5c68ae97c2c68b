"""Outages: which rules act on whole connections."""

import pytest

from replayx.errors import InvalidOption
from replayx.faults.outage import outages_of
from replayx.faults.rule import Plan, Rule, When, Where
from tests.faults.flows import toxic

DOWN = toxic("down")


def plan(**changes):
    return Plan(rules=(Rule(name="r", toxic=DOWN, **changes),))


def test_a_plan_has_outages_among_other_rules():
    outage = Rule(name="a", toxic=DOWN, when=When(from_ns=5, until_ns=9, price="X > 1"))
    other = Rule(name="b", toxic=toxic("http_error"), when=When(every=3))
    assert outages_of(Plan(rules=(outage, other))) == (outage,)


@pytest.mark.parametrize(
    "changes",
    [
        {"where": Where(channel="*@trade")},
        {"where": Where(symbol="BTCUSDT")},
        {"where": Where(route="GET /x")},
        {"when": When(nth=(1,))},
        {"when": When(every=2)},
        {"when": When(probability=0.5)},
        {"when": When(times=1)},
        {"when": When(after_ns=1)},
    ],
)
def test_it_happens_to_whole_connections_at_a_time(changes):
    with pytest.raises(InvalidOption, match="a down for some messages or requests only"):
        outages_of(plan(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"where": Where(market="m", carrier="ws", connection=2, client="c")},
        {"when": When(from_ns=1, for_ns=2)},
    ],
)
def test_where_and_when_it_may_happen(changes):
    assert len(outages_of(plan(**changes))) == 1
