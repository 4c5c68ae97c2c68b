import gzip

from replayx.cassette.reader import CassetteReader
from replayx.market.events import FeedKind, MarketFeed
from replayx.session.answers import Answers, unmatched_total
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey, WsApiRequest
from tests.fake_venue import FakeVenue
from tests.tapes import interaction, sealed, write_cassette

JSON = (("Content-Type", "application/json"),)
DATE = ("Date", "Thu, 01 Jan 1970 00:00:00 GMT")  # of the venue's clock, at 0


def _answers(tmp_path, *events):
    chunks = [sealed([], [event]) for event in events]
    path = write_cassette(tmp_path / "a.rpx", [], chunks)
    return Answers("fake", FakeVenue(), [CassetteReader(path)])


def _get(answers, target, position_ns=0, *, headers=(), method="GET"):
    return answers.reply(HttpRequest(method, target, headers), position_ns, 0)


def test_market_data_is_answered_by_time_whatever_is_volatile(tmp_path):
    answers = _answers(
        tmp_path, interaction(10, "/d?a=1&b=2", b"x"), interaction(20, "/d?b=2&a=1", b"y")
    )
    found = [_get(answers, "/d?b=2&a=1&timestamp=5", at).body for at in (0, 10, 19, 20, 99)]
    assert found == [b"x", b"x", b"x", b"y", b"y"]


def test_state_is_answered_in_order(tmp_path):
    answers = _answers(
        tmp_path,
        interaction(10, "/account", b"1"),
        interaction(20, "/order", b"new", method="POST"),
        interaction(30, "/account", b"2"),
    )
    assert [_get(answers, "/account").body for _ in range(3)] == [b"1", b"2", b"2"]
    assert _get(answers, "/order", method="POST").body == b"new"
    assert _get(answers, "/order", method="POST").status == 404


def test_what_the_tape_does_not_hold_is_told_and_counted(tmp_path):
    answers = _answers(tmp_path, interaction(10, "/d?a=1"))
    told = []
    answers.on_unmatched = told.append
    reply = _get(answers, "/d?a=2")
    assert reply.status == 404
    assert b"a 1, asked 2" in reply.body
    assert (len(told), answers.unmatched) == (1, 1)
    assert unmatched_total({"fake": answers}) == 1


def test_computed_answers_need_no_tape(tmp_path):
    answers = _answers(tmp_path)
    assert answers.reply(HttpRequest("GET", "/time"), 0, 42).body == b"42"
    assert unmatched_total({"fake": answers}) == 0


def test_what_has_no_date_has_the_venues(tmp_path):
    date = ("Date", "Tue, 01 Jul 2025 00:00:00 GMT")
    told = interaction(0, "/told", b"", response_headers=(date,))
    answers = _answers(tmp_path, interaction(0, "/d"), told)
    dates = {
        target: [
            value
            for name, value in answers.reply(
                HttpRequest("GET", target), 0, 1_700_000_000_999
            ).headers
            if name == "Date"
        ]
        for target in ("/d", "/time", "/unknown", "/told")
    }
    assert dates.pop("/told") == [date[1]]
    assert set(map(tuple, dates.values())) == {("Tue, 14 Nov 2023 22:13:20 GMT",)}


def test_hop_by_hop_headers_are_not_replayed(tmp_path):
    headers = (("Connection", "keep-alive"), ("Content-Length", "9"), ("X-A", "1"), ("X-A", "2"))
    answers = _answers(tmp_path, interaction(1, "/d", b"x", response_headers=headers))
    assert _get(answers, "/d") == HttpReply(200, b"x", (("X-A", "1"), ("X-A", "2"), DATE))


def test_a_packed_body_goes_out_packed_only_to_who_accepts_it(tmp_path):
    packed = gzip.compress(b"body")
    headers = (("Content-Encoding", "gzip"), *JSON)
    answers = _answers(tmp_path, interaction(1, "/d", packed, response_headers=headers))
    accepting = _get(answers, "/d", headers=(("Accept-Encoding", "gzip"),))
    assert accepting == HttpReply(200, packed, (*headers, DATE))
    assert _get(answers, "/d") == HttpReply(200, b"body", (*JSON, DATE))


def test_a_socket_request_is_answered_by_its_twin_over_http(tmp_path):
    answers = _answers(
        tmp_path,
        interaction(1, "/d", b"http"),
        interaction(2, "/api", b"9:socket", kind="wsapi", method="/e", request_body=b"?/e"),
    )
    assert answers.reply(WsApiRequest(b"5", "/d", {}, b"?/d"), 9, 0).body == b"http"
    assert answers.reply(WsApiRequest(b"6", "/e", {}, b"?/e"), 9, 0).body == b"socket"
    assert _get(answers, "/e").body == b"socket"


def test_a_large_request_body_is_read_from_its_chunk(tmp_path):
    body = b"x" * 70_000
    answers = _answers(tmp_path, interaction(1, "/o", b"ok", method="POST", request_body=body))
    assert _get(answers, "/o", method="POST").body == b"ok"


def test_other_markets_requests_are_not_its_own(tmp_path):
    answers = _answers(tmp_path, interaction(1, "/d", market="other"))
    assert _get(answers, "/d").status == 404


class RefusingVenue(FakeVenue):
    """Refuses whatever it is asked to derive."""

    def derives(self, key):
        return True

    def derive(self, key, market):
        return HttpReply(400, b"no such symbol")

    listing = RequestKey("GET", "/list", ())

    def lists(self, body, symbol):
        return symbol.encode() in body

    def symbols_of(self, key):
        return tuple(value for name, value in key.params if name == "s")


class Known:
    """A history, and a view, of a market with one symbol."""

    def at(self, position_ns, *, shift_ms=0, now_ms=0):
        return self

    def symbols(self):
        return ("b",)

    def feeds(self):
        return (MarketFeed(FeedKind.TRADE, "b"),)


def test_a_recorded_answer_is_better_than_a_refusal(tmp_path):
    chunk = sealed([], [interaction(5, "/price?s=b", b"recorded")])
    path = write_cassette(tmp_path / "a.rpx", [], [chunk])
    answers = Answers("fake", RefusingVenue(), [CassetteReader(path)])
    answers.history = Known()
    assert _get(answers, "/price?s=b", 9).body == b"recorded"
    assert _get(answers, "/price?s=b&limit=0", 9).body == b"no such symbol"
    assert answers.unmatched == 0


def test_a_symbol_that_the_tape_alone_does_not_know_is_not_called_unknown(tmp_path):
    chunk = sealed([], [interaction(5, "/list", b"b c d")])
    path = write_cassette(tmp_path / "a.rpx", [], [chunk])
    answers = Answers("fake", RefusingVenue(), [CassetteReader(path)])
    answers.history = Known()
    told = []
    answers.on_unmatched = told.append
    assert _get(answers, "/price?s=c", 9).status == 404
    assert _get(answers, "/price?s=x", 9).body == b"no such symbol"
    assert (len(told), answers.unmatched) == (2, 2)


class EmptyVenue(RefusingVenue):
    """Knows no answer from the market, and calls that nothing where a feed tells of it."""

    def derive(self, key, market):
        return None

    def nothing(self, key, feeds):
        return HttpReply(200, b"[]") if feeds and key.path == "/trades" else None


def test_what_is_neither_told_nor_recorded_is_nothing(tmp_path):
    chunk = sealed([], [interaction(5, "/trades?p=1", b"recorded")])
    path = write_cassette(tmp_path / "a.rpx", [], [chunk])
    answers = Answers("fake", EmptyVenue(), [CassetteReader(path)])
    assert _get(answers, "/trades?p=2", 9).status == 404
    answers.history = Known()
    assert _get(answers, "/trades?p=1", 9).body == b"recorded"
    assert answers.unmatched == 1
    assert _get(answers, "/trades?p=2", 9).body == b"[]"
    assert answers.unmatched == 1
    assert _get(answers, "/price?p=2", 9).status == 404


class DerivingVenue(RefusingVenue):
    def derive(self, key, market):
        return HttpReply(200, b"derived")


def test_of_a_symbol_without_streams_the_recording_is_asked_first(tmp_path):
    chunk = sealed(
        [], [interaction(5, "/price?s=b", b"old"), interaction(5, "/price?s=z", b"told")]
    )
    path = write_cassette(tmp_path / "a.rpx", [], [chunk])
    answers = Answers("fake", DerivingVenue(), [CassetteReader(path)])
    answers.history = Known()
    assert _get(answers, "/price?s=b", 9).body == b"derived"
    assert _get(answers, "/price?s=z", 9).body == b"told"
    assert _get(answers, "/price?s=z&limit=3", 9).body == b"derived"
