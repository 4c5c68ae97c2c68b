from replayx.limits import PENDING_REQUESTS_MAX
from replayx.session.backlog import Backlog, Question
from replayx.session.effects import HistoryWanted
from replayx.venues.venue import HttpRequest


def question(number):
    return Question("m", number, HttpRequest("GET", "/time"))


def test_a_history_is_wanted_once_and_what_waits_keeps_its_order():
    backlog = Backlog()
    first, second = question(1), question(2)
    assert backlog.add(first) == [HistoryWanted("m")]
    assert backlog.add(second) == []
    assert backlog.want("m") == []
    assert backlog.take("m") == [first, second]
    assert backlog.take("m") == []


def test_markets_wait_apart():
    backlog = Backlog()
    assert backlog.want("m") == [HistoryWanted("m")]
    assert backlog.want("n") == [HistoryWanted("n")]
    assert backlog.take("n") == []


def test_no_more_waits_than_there_is_room_for():
    backlog = Backlog()
    for number in range(PENDING_REQUESTS_MAX):
        assert backlog.has_room("m")
        backlog.add(question(number))
    assert not backlog.has_room("m")
    assert backlog.has_room("n")
