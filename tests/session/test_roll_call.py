from replayx.limits import ROLL_CALL_NS
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


def test_who_does_not_answer_is_waited_for_no_more():
    roll = RollCall()
    roll.ask(1, b"x", 5)
    roll.ask(2, b"x", 6)
    assert roll.deadline_ns == 5 + ROLL_CALL_NS
    roll.give_up(4 + ROLL_CALL_NS)
    assert roll.deadline_ns == 5 + ROLL_CALL_NS
    roll.give_up(5 + ROLL_CALL_NS)
    assert (roll.is_over, roll.deadline_ns) == (False, 6 + ROLL_CALL_NS)
    roll.leave(2)
    roll.leave(2)
    assert (roll.is_over, roll.deadline_ns) == (True, None)


def test_who_has_caught_up_is_waited_for_again():
    roll = RollCall()
    roll.ask(1, b"x", 0)
    roll.give_up(ROLL_CALL_NS)
    roll.ask(1, b"y", ROLL_CALL_NS)
    assert roll.is_over
    roll.answer(1, b"x")
    roll.ask(1, b"z", ROLL_CALL_NS)
    assert roll.is_over
    roll.answer(1, b"z")
    roll.ask(1, b"next", ROLL_CALL_NS)
    assert not roll.is_over


def test_a_second_ping_stands_for_the_first():
    roll = RollCall()
    roll.ask(1, b"x", 0)
    roll.ask(1, b"y", 0)
    roll.answer(1, b"x")
    assert not roll.is_over
    roll.answer(1, b"y")
    assert roll.is_over
