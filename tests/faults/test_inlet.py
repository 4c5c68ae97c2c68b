from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import NEVER_NS
from replayx.faults.inlet import Inlet
from replayx.faults.ledger import Ledger
from replayx.faults.outlet import Outlet
from replayx.faults.transit import Lane, Travelling
from tests.faults.flows import flow_of
from tests.faults.plumbing import LINK, S, framed, injector_of, texts_of


def inlet_of(*toxics):
    pipeline = injector_of(*toxics).pipeline(LINK, opened_ns=0)
    lane = Lane()
    lane.run([one for one in pipeline.running if not one.name.endswith("/control")])
    ledger = Ledger(FaultLog(), "fake")
    outlet = Outlet(ledger)
    return Inlet(ledger, outlet), outlet, lane


def come(inlet, lane, *texts, now_ns=0, index=0, channel="c"):
    travelling = Travelling(flow_of(*texts, now_ns=now_ns, index=index, channel=channel), lane.back)
    travelling.is_stream = True
    inlet.come(travelling, lane, now_ns)


def test_what_is_not_late_goes_straight_on():
    inlet, outlet, lane = inlet_of({"type": "delay", "where": {"channel": "b"}})
    come(inlet, lane, "x", "y", channel=["a", "a"])
    assert texts_of(outlet.take(0, 99)) == [(0, framed("x", "y"))]
    assert not inlet.held


def test_what_is_late_waits():
    inlet, outlet, lane = inlet_of({"type": "delay", "delay": "2s", "where": {"channel": "b"}})
    come(inlet, lane, "x", "y", channel=["b", "a"])
    assert texts_of(outlet.take(0, 99)) == [(0, framed("y"))]
    inlet.thaw(2 * S)
    assert texts_of(outlet.take(2 * S, 99)) == [(2 * S, framed("x"))]


def test_what_is_reordered_leaves_right_behind_another():
    inlet, outlet, lane = inlet_of({"type": "reorder", "window": 1, "within": "9s"})
    for index in range(40):
        come(inlet, lane, f"{index:02}", now_ns=index, index=index)
    inlet.thaw(NEVER_NS - 1)
    got = b"".join(data for _, data in texts_of(outlet.take(NEVER_NS, 1 << 20)))
    numbers = [int(got[at + 2 : at + 4]) for at in range(0, len(got), 4)]
    assert sorted(numbers) == list(range(40))
    assert numbers != sorted(numbers)
    assert all(abs(number - place) <= 2 for place, number in enumerate(numbers))


def test_an_end_waits_behind_what_is_held():
    late = {"type": "delay", "delay": "2s", "where": {"channel": "b"}}
    inlet, _, lane = inlet_of(late, {"type": "disconnect", "where": {"channel": "a"}})
    come(inlet, lane, "x", "y", channel=["b", "a"])
    assert inlet.is_ending
    assert inlet.held.last_due_ns == 2 * S
