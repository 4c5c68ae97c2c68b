"""Round trips: when requests arrive and answers leave, in which order and manner."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.injector import Injector
from replayx.faults.round_trip import Delivery, Manner
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.limits import ROUND_TRIPS_MAX
from replayx.session import round_trips
from replayx.session.clockwork import Regime
from replayx.session.effects import AbortConnection, ClockTold, Reply, SendFrames, Started
from replayx.session.inputs import (
    ConnectionLost,
    FaultsAsked,
    MessageReceived,
    RequestReceived,
    ResetAsked,
    RunUntilAsked,
)
from replayx.session.pulse import Liveness
from replayx.session.stops import StopAt
from replayx.venues.venue import HttpReply, HttpRequest
from tests.faults.flows import toxic
from tests.session.clocked import T0, make, opened
from tests.session.playbook import S, sent

MS = 1_000_000
UP = Where(direction="upstream")


def rule(kind, *, name="r", where=None, when=None, **attributes):
    made = toxic(kind, **attributes)
    return Rule(name=name, toxic=made, where=where or Where(), when=when or When())


def playing(*rules, seed=1, **options):
    return make(injector=Injector(seed, Plan(rules=rules), start_ns=T0), **options)


def asked(number, path="/time", client=""):
    return RequestReceived(number, "fake", HttpRequest("GET", path), client)


def replies(effects):
    return [(one.number, one.reply.body) for one in effects if isinstance(one, Reply)]


def test_an_answer_leaves_a_hundred_milliseconds_later_and_not_two():
    play = playing(rule("latency", delay="100ms"))
    play << asked(7) >> [Started(0)]
    play.at(0) >> []
    assert play.session.next_deadline_ns() == 100 * MS
    play.at(100 * MS - 1) >> []
    effects = play.session.advance(100 * MS)
    assert replies(effects) == [(7, b"1000000")]  # of the time when it was asked


def test_a_request_arrives_later_and_is_answered_as_of_then():
    play = playing(rule("latency", delay="2s", where=UP))
    play << asked(7) >> [Started(0)]
    assert replies(play.session.advance(2 * S)) == [(7, b"1002000")]


def test_both_ways_add_up():
    play = playing(rule("latency", delay="1s", name="there", where=UP), rule("latency", delay="2s"))
    play << asked(7) >> [Started(0)]
    assert replies(play.session.advance(3 * S - 1)) == []
    # It arrived where the tape was looked at: late, but it leaves when it would have.
    assert [number for number, _ in replies(play.session.advance(3 * S))] == [7]


def test_a_thousand_wait_as_long_as_one():
    play = playing(rule("latency", delay="100ms"))
    for number in range(1000):
        play.session.handle(asked(number), 0)
    effects = play.session.advance(100 * MS)
    assert [number for number, _ in replies(effects)] == list(range(1000))
    assert play.session.next_deadline_ns() != 0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_answers_leave_when_they_are_due_however_time_is_cut(cuts):
    def run(steps):
        play = playing(rule("latency", delay="20ms", jitter="19ms"))
        for number in range(20):
            play.session.handle(asked(number), 0)
        left = []
        for step in sorted({*steps, 100}):
            left += [number for number, _ in replies(play.session.advance(step * MS))]
        return left

    assert run(cuts) == run([100])


def test_nothing_is_delayed_where_no_rule_acts():
    play = playing(rule("latency", where=Where(carrier="ws")))
    effects = play.session.handle(asked(7), 0)
    assert replies(effects) == [(7, b"1000000")]


@pytest.mark.parametrize("kind", ["no_answer", "empty_reply", "connection_refused"])
def test_the_manner_is_told(kind):
    delivery = {
        "no_answer": Delivery.NEVER,
        "empty_reply": Delivery.EMPTY,
        "connection_refused": Delivery.RESET,
    }[kind]
    play = playing(rule(kind))
    reply = play.session.handle(asked(7), 0)[-1]
    assert (reply.number, reply.manner) == (7, Manner(delivery=delivery))


def test_requests_are_counted_by_client_from_the_beginning():
    play = playing(rule("http_error", status=500, when=When(nth=(2,))))
    statuses = [
        play.session.handle(asked(number, client=client), 0)[-1].reply.status
        for number, client in enumerate(("", "a", "", "a", ""))
    ]
    assert statuses == [200, 200, 500, 500, 200]
    log = play.session.injector.log.entries()
    assert [(one.link, one.first) for one in log] == [
        ("fake/rest/0/downstream/requests", 1),
        ("fake/rest/a:0/downstream/requests", 1),
    ]


def test_a_rule_that_comes_later_decides_as_if_it_had_been_there():
    half = rule("http_error", when=When(probability=0.5))

    def statuses(play, numbers):
        return [play.session.handle(asked(n), 0)[-1].reply.status for n in numbers]

    always = statuses(playing(half), range(200))
    late = playing()
    before = statuses(late, range(100))
    late.session.handle(FaultsAsked(1, Plan(rules=(half,))), 0)
    assert before == [200] * 100
    assert statuses(late, range(100, 200)) == always[100:]
    assert Counter(always)[500] in range(70, 131)


def test_a_reset_answers_what_is_on_its_way_and_counts_anew():
    play = playing(rule("latency", delay="9s"), rule("http_error", when=When(nth=(2,)), name="e"))
    play << asked(1) >> [Started(0)]
    effects = play.session.handle(ResetAsked(1), 5)
    assert replies(effects) == [(1, b"1000000")]
    for number in (2, 3):
        play.session.handle(asked(number), 6)
    statuses = [one.reply.status for one in play.session.advance(9 * S + 6) if type(one) is Reply]
    assert statuses == [200, 500]


def test_in_lockstep_an_answer_comes_at_its_place_on_the_tape():
    play = playing(
        rule("latency", delay="2500ms", where=Where(carrier="rest")),
        regime=Regime.LOCKSTEP,
        speed=None,
        roll_call=False,
    )
    opened(play, 1, "/s/a/b") >> []
    play << asked(7) >> []
    assert play.session.next_deadline_ns() is None  # no time passes
    play.session.handle(RunUntilAsked(1, StopAt(T0 + 4 * S)), 0)
    seen = []
    for _ in range(20):
        for effect in play.session.advance(0):
            if isinstance(effect, SendFrames):
                seen.append(bytes(effect.frames))
            elif isinstance(effect, Reply | ClockTold):
                seen.append(type(effect))
    at = seen.index(Reply)
    assert b"".join(seen[:at]) == sent(1, b"0", b"1", b"2").frames
    assert ClockTold in seen[at:]


def test_at_the_end_of_the_tape_nobody_waits_for_its_time():
    play = playing(rule("latency", delay="1h"), liveness=Liveness.TAPE)
    play << asked(7) >> [Started(0)]
    assert replies(play.session.advance(60 * S)) == [(7, b"1000000")]
    assert replies(play.session.handle(asked(8), 61 * S) + play.session.advance(61 * S)) == [
        (8, b"1019000")
    ]


def test_no_more_are_on_their_way_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(round_trips, "ROUND_TRIPS_MAX", 2)
    play = playing(rule("latency", delay="1s"))
    told = [replies(play.session.handle(asked(number), 0)) for number in range(3)]
    assert told == [[], [], [(2, b"1000000")]]
    assert ROUND_TRIPS_MAX > 1000


def test_clients_are_forgotten_beyond_a_bound(monkeypatch):
    monkeypatch.setattr(round_trips, "REQUEST_LINKS_MAX", 2)
    play = playing(rule("http_error", when=When(nth=(2,))))
    statuses = [
        play.session.handle(asked(number, client=client), 0)[-1].reply.status
        for number, client in enumerate(("a", "b", "a", "c", "b", "b"))
    ]
    # b's first request was forgotten for c's; a's second kept a.
    assert statuses == [200, 200, 500, 200, 200, 500]


# ---- over a socket


API = Where(carrier="wsapi")


def said(text):
    return MessageReceived(1, text)


def connected(*rules):
    play = playing(*rules, starts_itself=False)
    opened(play, 1, "/api") >> []
    return play


def test_an_answer_over_a_socket_comes_twice():
    play = connected(rule("duplicate_reply", where=API))
    play << said(b"?/time") >> [sent(1, b"1:1000000", b"1:1000000")]


def test_answers_overtake_one():
    play = connected(rule("out_of_order", behind=2, where=API, when=When(nth=(1,))))
    play << said(b"?/a") >> []
    play << said(b"?/time") >> [sent(1, b"1:1000000")]
    effects = play.session.handle(said(b"?/time"), 0)
    assert [bytes(one.frames)[2:5] for one in effects] == [b"1:1", b"1:n"]
    play.at(9 * S) >> []


def test_an_answer_that_nobody_overtakes_leaves_in_time():
    play = connected(rule("out_of_order", within="1s", where=API))
    play << said(b"?/time") >> []
    assert play.session.next_deadline_ns() == S
    play.at(S) >> [sent(1, b"1:1000000")]


def test_what_is_on_its_way_to_who_has_left_is_dropped():
    play = connected(rule("out_of_order", within="1s", where=API))
    play << said(b"?/time") >> []
    play << ConnectionLost(1) >> []
    play.at(2 * S) >> []


def test_manners_over_a_socket():
    play = connected(rule("no_answer", where=API))
    play << said(b"?/time") >> []
    play = connected(rule("truncated_body", at=3, where=API))
    play << said(b"?/time") >> [sent(1, b"1:1")]
    play = connected(rule("empty_reply", where=API))
    play << said(b"?/time") >> [AbortConnection(1, is_reset=False)]
    play << said(b"?/time") >> []


def test_a_canned_answer_over_a_socket():
    play = connected(rule("http_error", body="no", where=API))
    play << said(b"?/time") >> [sent(1, b"1:no")]


def test_latency_is_the_links_alone():
    play = connected(rule("latency", delay="1s"))
    play << said(b"?/time") >> []
    play.at(S) >> [sent(1, b"1:1000000")]
    play.at(2 * S) >> []


def test_an_answer_is_dated_when_it_was_asked():
    play = playing(rule("latency", delay="1s"))
    play << asked(7) >> [Started(0)]
    (reply,) = play.session.advance(S)
    assert reply == Reply(
        7,
        HttpReply(
            200,
            b"1000000",
            (
                ("Content-Type", "application/json;charset=UTF-8"),
                ("Date", "Thu, 01 Jan 1970 00:16:40 GMT"),
            ),
        ),
    )
