"""Shocks act on the tape: within their rule's window, and on a market or symbol of it."""

from fractions import Fraction

import pytest

from replayx.errors import InvalidOption
from replayx.faults.attributes import Duration
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.faults.shock import ShockStep, clipped, ramp, refuse_other_shocks, shocks_of
from replayx.faults.toxics.depth_gap import DepthGap
from replayx.faults.toxics.one_sided_book import OneSidedBook
from replayx.limits import SHOCK_STEPS_MAX
from replayx.market.distortion import NONE, Distortion

GONE = Distortion(has_asks=False)
SIDE = OneSidedBook(lasts=Duration(10))


def rule(toxic=SIDE, name="a", where=Where(), when=When()):  # noqa: B008 # frozen
    return Rule(name=name, toxic=toxic, where=where, when=when)


def test_shocks_are_those_that_act_on_the_tape():
    shock = rule(where=Where(market="m", symbol="X"), when=When(from_ns=5, until_ns=9, for_ns=3))
    gap = rule(DepthGap(), "b", where=Where(channel="*@depth"), when=When(every=7))
    assert shocks_of(Plan(rules=(gap, shock))) == (shock,)
    assert shocks_of(Plan(rules=(gap,))) == ()


@pytest.mark.parametrize(
    ("where", "when"),
    [
        (Where(channel="*@depth"), When()),
        (Where(connection=1), When()),
        (Where(client="me"), When()),
        (Where(carrier="ws"), When()),
        (Where(direction="upstream"), When()),
        (Where(route="GET *"), When()),
        (Where(), When(probability=0.5)),
        (Where(), When(nth=(3,))),
        (Where(), When(price="X > 1")),
        (Where(), When(after_ns=1)),
    ],
)
def test_a_market_is_not_shocked_for_some_alone(where, when):
    with pytest.raises(InvalidOption, match="for some messages or connections only"):
        shocks_of(Plan(rules=(rule(where=where, when=when),)))


def test_a_run_keeps_the_shocks_it_began_with():
    gap = rule(DepthGap(), "b")
    began = Plan(rules=(rule(),))
    refuse_other_shocks(began, Plan(seed=3, rules=(gap, rule())))
    for other in (Plan(rules=(gap,)), Plan(rules=(rule(when=When(from_ns=1)),)),
                  Plan(rules=(rule(), rule(name="c")))):  # fmt: skip
        with pytest.raises(InvalidOption, match="while the tape is played") as told:
            refuse_other_shocks(began, other)
        assert "--faults" in (told.value.hint or "")


@pytest.mark.parametrize(
    ("when", "steps"),
    [
        (When(), [(0, GONE), (10, NONE)]),
        (When(from_ns=5), [(5, GONE), (15, NONE)]),
        (When(from_ns=5, until_ns=9), [(5, GONE), (9, NONE)]),
        (When(from_ns=5, for_ns=2), [(5, GONE), (7, NONE)]),
        (When(from_ns=5, for_ns=20, until_ns=99), [(5, GONE), (15, NONE), (25, NONE)]),
        (When(from_ns=5, for_ns=3, until_ns=99), [(5, GONE), (8, NONE)]),
    ],
)
def test_a_window_ends_a_shock(when, steps):
    assert clipped(SIDE.path(), when) == [ShockStep(*step) for step in steps]


@pytest.mark.parametrize(
    ("start", "lasts", "step", "steps"),
    [
        (100, 10, 5, [(105, "1/2"), (110, "1")]),
        (100, 10, 4, [(103, "1/3"), (106, "2/3"), (110, "1")]),
        (100, 0, 4, [(100, "1")]),
        (100, 3, 0, [(101, "1/3"), (102, "2/3"), (103, "1")]),
    ],
)
def test_a_ramp_goes_in_equal_steps(start, lasts, step, steps):
    shares = Fraction(0), Fraction(1)
    assert ramp(start, lasts, step, shares) == [(at, Fraction(share)) for at, share in steps]


def test_a_ramp_has_so_many_steps_at_most():
    shares = Fraction(0), Fraction(1)
    assert len(ramp(0, SHOCK_STEPS_MAX, 1, shares)) == SHOCK_STEPS_MAX
    with pytest.raises(InvalidOption, match=f"{SHOCK_STEPS_MAX + 1} steps"):
        ramp(0, SHOCK_STEPS_MAX + 1, 1, shares)
