from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import NEVER_NS
from tests.faults.flows import flow_of
from tests.faults.plumbing import LINK, S, injector_of


def running_of(toxic):
    return injector_of(toxic).pipeline(LINK, opened_ns=0).running[0]


def test_it_selects_and_acts():
    running = running_of({"type": "loss", "rate": 1, "when": {"nth": [2]}})
    flow = flow_of("a", "b", "c")
    fired = running.select(flow)
    assert list(fired) == [1]
    assert list(running.apply(flow, fired)) == [1]
    assert [(part.first, part.stop) for part in flow.parts] == [(0, 1), (2, 3)]


def test_its_window_ends_where_the_plan_says():
    assert running_of({"type": "stall"}).end_ns == NEVER_NS
    assert running_of({"type": "stall", "when": {"until": "3s"}}).end_ns == 3 * S


def test_it_notes_runs_and_single_messages():
    running, log = running_of({"type": "loss", "rate": 1}), FaultLog()
    flow = flow_of("a", "b", "c", "d", index=10, at_ns=[1, 2, 3, 4])
    running.note(flow, range(1, 3), log, "fake")
    running.note(flow, [3], log, "fake")
    (entry,) = log.entries()
    assert (entry.first, entry.last, entry.at_ns, entry.link) == (11, 13, 2, LINK.name)
