"""Each step of a shock is noted when the tape comes to it: the same, however it is batched."""

import pytest

from replayx.faults.attributes import Duration
from replayx.faults.fault_log import FaultLog
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.faults.shock_watch import ShockWatch
from replayx.faults.toxics.depth_gap import DepthGap
from replayx.faults.toxics.one_sided_book import OneSidedBook
from replayx.timeline.merge import Run
from tests.tapes import batch

SIDE = OneSidedBook(lasts=Duration(10))
PLAN = Plan(
    rules=(
        Rule(name="gap", toxic=DepthGap()),
        Rule(name="side", toxic=SIDE, where=Where(market="one"), when=When(from_ns=20)),
        Rule(name="both", toxic=SIDE, when=When(from_ns=25, for_ns=2)),
    )
)
ROWS = [(1000 + 5 * k, 0, b"x") for k in range(10)]


def noted(*cuts):
    log = FaultLog()
    watch = ShockWatch(PLAN, ("one", "two"), log, start_ns=1000)
    made = batch(ROWS)
    for first, stop in zip((0, *cuts), (*cuts, len(ROWS)), strict=True):
        if stop > first and not watch.is_idle:
            watch.note(Run(0, made, first, stop), stop)
    return log, watch


@pytest.mark.parametrize("cuts", [(), (4,), (5,), (1, 2, 3, 4, 5, 6, 7, 8, 9)])
def test_steps_are_noted_as_they_come(cuts):
    log, watch = noted(*cuts)
    told = [(one.rule, one.link, one.first, one.last, one.at_ns) for one in log.entries()]
    assert told == [
        ("both", "one/tape", 0, 1, 1025),
        ("both", "two/tape", 0, 1, 1025),
        ("side", "one/tape", 0, 1, 1020),
    ]
    assert log.counts == {("both", "one"): 2, ("both", "two"): 2, ("side", "one"): 2}
    assert watch.is_idle


def test_what_the_tape_has_not_come_to_is_not_noted():
    log = FaultLog()
    watch = ShockWatch(PLAN, ("one",), log, start_ns=1000)
    made = batch(ROWS)
    watch.note(Run(0, made, 0, 5), 5)
    assert [(one.rule, one.first, one.last) for one in log.entries()] == [("side", 0, 0)]
    assert not watch.is_idle
    watch.reset()
    log.reset()
    watch.note(Run(0, made, 0, 5), 5)
    assert log.counts == {("side", "one"): 1}
