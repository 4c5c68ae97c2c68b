from replayx.limits import STALLED_CLIENT_NS
from replayx.session.roll_call import RollCall


def test_only_the_echo_counts():
    roll = RollCall()
    assert (roll.is_over, roll.deadline_ns) == (True, None)
    roll.ask(1, b"x", 5)
    roll.answer(1, b"")
    roll.answer(2, b"x")
    assert not roll.is_over
    roll.answer(1, b"x")
    roll.answer(1, b"x")
    assert roll.is_over


def test_who_does_not_answer_is_late():
    roll = RollCall()
    roll.ask(1, b"x", 5)
    roll.ask(2, b"x", 6)
    assert roll.deadline_ns == 5 + STALLED_CLIENT_NS
    assert roll.late(4 + STALLED_CLIENT_NS) == []
    assert roll.late(5 + STALLED_CLIENT_NS) == [1]
    roll.leave(1)
    roll.leave(1)
    assert (roll.is_over, roll.deadline_ns) == (False, 6 + STALLED_CLIENT_NS)


def test_a_second_ping_stands_for_the_first():
    roll = RollCall()
    roll.ask(1, b"x", 0)
    roll.ask(1, b"y", 0)
    roll.answer(1, b"x")
    assert not roll.is_over
    roll.answer(1, b"y")
    assert roll.is_over
