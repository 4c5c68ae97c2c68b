from replayx.faults.rule import NO_PLAN
from replayx.session.clockwork import Regime
from tests.session.clocked import make


def test_without_an_injector_there_is_one_that_injects_nothing():
    session = make().session
    assert session.injector.plan == NO_PLAN
    assert session._links.is_idle
    assert session.unmatched_count == 0


def test_liveness_is_the_tapes_in_lockstep():
    assert make(regime=Regime.LOCKSTEP).session._pulse.runs_by_tape
    assert not make().session._pulse.runs_by_tape
