"""A kit for pipelines: rules at work on a link, messages that go in, and what comes out when."""

from replayx.faults.fault_log import FaultLog
from replayx.faults.injector import Injector
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.plan_text import plan_from_document
from replayx.faults.rule import Plan
from replayx.framing import frame
from tests.faults.flows import flow_of

LINK = Link("fake", Carrier.WS, Direction.DOWNSTREAM, 1)
S = 1_000_000_000
MS = 1_000_000


def plan_of(*toxics, seed=1) -> Plan:
    """Return a plan of toxics as a document has them."""
    return plan_from_document({"seed": seed, "toxic": list(toxics)}, "plan", venues={})


def injector_of(*toxics, seed=1, **more) -> Injector:
    return Injector(0, plan_of(*toxics, seed=seed), FaultLog(), **more)


def pipeline_of(*toxics, seed=1):
    """Return a pipeline, in link time from 0, and the log of what was done."""
    injector = injector_of(*toxics, seed=seed)
    return injector.pipeline(LINK, opened_ns=0), injector.log


def columns(texts, times, channels=None):
    """Return messages as columns, each with its time on the tape."""
    names = channels or ["c"] * len(texts)
    return flow_of(*texts, channel=names, at_ns=list(times)).columns


def as_it_is(at_ns):
    """Tape time, from 0."""
    return at_ns


def texts_of(taken):
    """Return what leaves, as (due, texts) or (due, ending)."""
    out = []
    for one in taken:
        out.append((one.due_ns, one.ending if one.ending is not None else bytes(one.data)))
    return out


def framed(*texts):
    return b"".join(frame(text.encode()) for text in texts)
