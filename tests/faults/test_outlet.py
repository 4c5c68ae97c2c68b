from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import NEVER_NS, Ending, Part
from replayx.faults.ledger import Ledger
from replayx.faults.outlet import Outlet
from replayx.faults.transit import Travelling
from tests.faults.flows import flow_of
from tests.faults.plumbing import framed, texts_of


def outlet():
    return Outlet(Ledger(FaultLog(), "fake"))


def sent(one, *texts, due_ns, **more):
    flow = flow_of(*texts, now_ns=due_ns)
    for name, value in more.items():
        setattr(flow, name, value)
    one.send(Travelling(flow, ()), before=NEVER_NS)


def test_nothing_overtakes():
    one = outlet()
    sent(one, "a", due_ns=9)
    sent(one, "b", due_ns=3)
    assert one.take(8, 100) == []
    assert texts_of(one.take(9, 100)) == [(9, framed("a")), (9, framed("b"))]


def test_no_more_leaves_at_once_than_may():
    one = outlet()
    for text in "abc":
        sent(one, text, due_ns=1)
    assert [len(one.take(1, 4)) for _ in range(3)] == [2, 1, 0]
    assert (one.size, one.is_empty) == (0, True)


def test_an_end_comes_behind_so_much_later():
    one = outlet()
    sent(one, "a", due_ns=5, ending=Ending(1001, delay_ns=7))
    assert one.is_over
    assert texts_of(one.take(99, 99)) == [(5, framed("a")), (12, Ending(1001, delay_ns=7))]


def test_half_a_frame_is_not_whole():
    one = outlet()
    sent(one, "ab", due_ns=1, parts=[Part(0, 1, 1, b"\x81\x02"), Part(0, 1, 5, b"ab")])
    assert [out.is_whole for out in one.take(9, 99)] == [False, True]


def test_drained_it_is_as_if_everything_were_due():
    one = outlet()
    sent(one, "a", due_ns=NEVER_NS)
    assert texts_of(one.drain(3)) == [(3, framed("a"))]
    assert one.due_ns == NEVER_NS
