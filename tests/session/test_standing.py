from fractions import Fraction

import pytest

from replayx.session.clockwork import Regime
from replayx.session.inputs import StartAsked
from tests.session.clocked import T0, make
from tests.session.playbook import S


@pytest.mark.parametrize(
    ("options", "is_flat_out", "is_lockstep"),
    [
        ({}, False, False),
        ({"speed": Fraction(10)}, False, False),
        ({"speed": None}, True, False),
        ({"regime": Regime.LOCKSTEP}, True, True),
    ],
)
def test_it_tells_how_it_plays(options, is_flat_out, is_lockstep):
    session = make(**options).session
    assert (session.is_flat_out, session.is_lockstep) == (is_flat_out, is_lockstep)


def test_it_tells_where_it_stands_and_asking_changes_nothing():
    session = make().session
    assert (session.is_started, session.is_ended, session.is_behind) == (False, False, False)
    session.handle(StartAsked(), 0)
    assert [session.position_ns(now) - T0 for now in (S, 99 * S, 0)] == [S, 19 * S, 0]
    assert session.clock(2 * S).position_ns == T0 + 2 * S
    assert not session.is_ended
    session.advance(99 * S)
    assert session.is_ended
