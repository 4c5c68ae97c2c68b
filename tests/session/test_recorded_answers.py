from replayx.cassette.reader import CassetteReader
from replayx.market.events import AveragePrice, FeedKind, MarketFeed
from replayx.session.recorded_answers import RecordedAnswers
from tests.fake_venue import FakeVenue
from tests.tapes import interaction, sealed, write_cassette

FEED = MarketFeed(FeedKind.AVERAGE_PRICE, "A")


class Telling(FakeVenue):
    """A venue whose /price answers tell the average price."""

    def answer_feed(self, key):
        return FEED if key.path == "/price" else None

    def decode_answer(self, feed, body):
        assert feed == FEED
        return (AveragePrice("A", 5, body.decode(), 0),)


def _recorded(tmp_path, *events):
    path = write_cassette(tmp_path / "a.rpx", [], [sealed([], [event]) for event in events])
    return RecordedAnswers("fake", Telling(), [CassetteReader(path)])


def test_answers_that_tell_of_the_market_are_read_when_asked(tmp_path):
    recorded = _recorded(
        tmp_path,
        interaction(10, "/price", b"1"),
        interaction(20, "/d", b"no"),
        interaction(30, "/price", b"2"),
    )
    facts = list(recorded.facts())
    assert [(fact.at_ns, fact.feed) for fact in facts] == [(10, FEED), (30, FEED)]
    assert [event.price for fact in facts for event in fact.read()] == ["1", "2"]


def test_a_refusal_tells_nothing(tmp_path):
    recorded = _recorded(tmp_path, interaction(10, "/price", b"busy", status=429))
    (fact,) = recorded.facts()
    assert fact.read() == ()


def test_an_answer_is_read_once_and_kept(tmp_path):
    recorded = _recorded(tmp_path, interaction(10, "/d", b"x"))
    (recording,) = recorded.matcher.of(recorded.matcher.keys()[0])
    answer = recorded.load(recording)
    assert answer.plain.body == b"x"
    assert recorded.load(recording) is answer


def test_an_answer_without_recorded_headers_gets_the_venues_content_type(tmp_path):
    recorded = _recorded(tmp_path, interaction(10, "/d", b"x", response_headers=()))
    (recording,) = recorded.matcher.of(recorded.matcher.keys()[0])
    headers = dict(recorded.load(recording).plain.headers)
    assert headers == {"Content-Type": "application/json;charset=UTF-8"}
