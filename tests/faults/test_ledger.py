from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import NEVER_NS, Ending
from replayx.faults.ledger import Acts, Ledger
from tests.faults.flows import flow_of
from tests.faults.plumbing import LINK, injector_of


def a_rule():
    (running,) = injector_of({"type": "loss", "rate": 1}).pipeline(LINK, opened_ns=0).running
    return running


def runs(log):
    return [(one.first, one.last) for one in log.entries()]


def test_what_comes_out_of_order_is_noted_in_order():
    log, rule = FaultLog(), a_rule()
    ledger = Ledger(log, "fake")
    ledger.note(rule, flow_of("x", index=5), [0], before=3)
    ledger.settle(3)
    assert runs(log) == []
    ledger.note(rule, flow_of("x", "y", index=3), range(2), before=NEVER_NS)
    ledger.settle()
    assert runs(log) == [(3, 5)]


def test_without_anything_held_it_is_noted_at_once():
    log, rule = FaultLog(), a_rule()
    Ledger(log, "fake").note(rule, flow_of("x", "y"), range(2), before=NEVER_NS)
    assert runs(log) == [(0, 1)]


def test_behind_the_end_nothing_was_done():
    log, rule = FaultLog(), a_rule()
    flow, acts = flow_of("a", "b", "c"), Acts()
    assert acts.act(rule, flow, range(3))
    assert acts.last is None
    flow.ending = Ending(1001)
    acts.note(Ledger(log, "fake"), flow, stop=2)
    assert runs(log) == [(0, 1)]
