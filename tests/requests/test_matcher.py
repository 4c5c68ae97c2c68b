from replayx.cassette.reader import InteractionRef
from replayx.cassette.records import InteractionEntry
from replayx.requests.matcher import Matcher, Recording

ENTRY = InteractionEntry("fake", "rest", "GET", "/x", b"")


def _recordings(*ats, key="k"):
    return [
        (key, Recording(0, InteractionRef(at, 0, place, ENTRY))) for place, at in enumerate(ats)
    ]


def _at(recording):
    return recording and recording.ref.at_ns


def test_by_time_takes_the_last_at_or_before_the_position():
    matcher = Matcher(_recordings(30, 10, 20))
    found = [_at(matcher.by_time("k", position)) for position in (0, 10, 19, 20, 29, 30, 99)]
    assert found == [10, 10, 10, 20, 20, 30, 30]


def test_in_order_plays_each_once():
    matcher = Matcher(_recordings(10, 20))
    assert [_at(matcher.nth("k", n, repeat_last=False)) for n in range(3)] == [10, 20, None]


def test_a_query_past_the_last_gets_the_last_again():
    matcher = Matcher(_recordings(10, 20))
    assert [_at(matcher.nth("k", n, repeat_last=True)) for n in range(4)] == [10, 20, 20, 20]


def test_an_unknown_key_has_no_answer():
    matcher = Matcher(_recordings(10))
    assert matcher.by_time("other", 10) is None
    assert matcher.nth("other", 0, repeat_last=True) is None
    assert matcher.keys() == ["k"]
