"""The venue's limits as clients meet them, in its own words."""

from fractions import Fraction

import msgspec
import pytest

from replayx.faults.rule import Plan, Rule
from replayx.faults.toxics.venue_failure import VenueFailure
from replayx.framing import split_frames
from replayx.ratelimit.limits_document import NO_LIMITS, Limits
from replayx.session.answers import Answers
from replayx.session.clockwork import Regime
from replayx.session.effects import CloseConnection, Refuse, SendFrames
from replayx.session.inputs import (
    ConnectionAsked,
    FaultsAsked,
    LimitsAsked,
    PongReceived,
    ResetAsked,
    RunUntilAsked,
)
from replayx.session.stops import StopAt
from replayx.venues.venue import HttpReply
from tests.session.limited import SPOT, T0, T0_MS, limited
from tests.session.playbook import S

PING = "/api/v3/ping"
TIGHT = {"limits": {"request_weight": 2}, "ban": {"after": 1}}


def weight(headers):
    return int(headers["x-mbx-used-weight-1m"])


def messages(effects):
    frames = b"".join(bytes(one.frames) for one in effects if isinstance(one, SendFrames))
    return [msgspec.json.decode(payload) for _, payload in split_frames(frames)]


def test_without_limits_nothing_is_counted():
    play = limited({"rules": "off"})
    assert [weight(play.get(PING)[1]) for _ in range(3)] == [1, 1, 1]
    assert play.session.limiting.state(0).markets == ()


def test_answers_tell_what_is_used_by_the_minute_of_the_venue():
    play = limited()
    assert [weight(play.get(PING)[1]) for _ in range(3)] == [1, 2, 3]
    play.wait(19.999)
    assert weight(play.get(PING)[1]) == 4
    play.wait(0.001)  # 13:59:00
    status, headers, _ = play.get(PING)
    assert (status, headers["x-mbx-used-weight"], weight(headers)) == (200, "1", 1)


def test_the_dialogue_from_429_to_418_and_back():
    play = limited(TIGHT)
    assert [play.get(PING)[0] for _ in range(2)] == [200, 200]
    status, headers, body = play.get(PING)
    assert (status, headers["Retry-After"], weight(headers)) == (429, "20", 3)
    assert body == (
        b'{"code":-1003,"msg":"Too much request weight used; current limit is 2 request weight per'
        b' 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."}'
    )
    play.wait(1)
    until_ms = T0_MS + 1000 + 120_000
    banned = (
        b'{"code":-1003,"msg":"Way too much request weight used; IP banned until %d.'
        b' Please use WebSocket Streams for live updates to avoid bans."}' % until_ms
    )
    status, headers, body = play.get(PING)
    assert (status, headers["Retry-After"], body) == (418, "120", banned)
    assert headers["Date"] == "Tue, 03 Nov 2026 13:58:41 GMT"
    play.wait(60.5)
    status, headers, body = play.get("/api/v3/time")
    assert (status, headers["Retry-After"], body) == (418, "60", banned)
    play.wait(59.499999)
    assert play.get(PING)[0] == 418
    play.wait(0.000001)
    assert play.get(PING)[0] == 200


def test_who_waits_as_told_is_never_banned():
    play = limited(TIGHT)
    for _ in range(5):
        assert [play.get(PING)[0] for _ in range(3)] == [200, 200, 429]
        play.wait(60)


def test_a_second_ban_is_twice_as_long():
    play = limited({"limits": {"request_weight": 1}, "ban": {"after": 0, "first": "10s"}})
    waits = []
    for _ in range(3):
        play.get(PING)
        status, headers, _ = play.get(PING)
        waits.append((status, headers["Retry-After"]))
        play.wait(60 + int(headers["Retry-After"]))
    assert waits == [(418, "10"), (418, "20"), (418, "40")]


def test_requests_cost_by_their_parameters():
    play = limited()
    targets = ["/api/v3/depth?symbol=A&limit=5000", "/api/v3/ticker/price", "/nowhere"]
    used = [weight(play.get(target)[1]) for target in targets]
    assert used == [250, 254, 255]


def test_orders_are_refused_by_account_and_cost_weight_when_they_fail():
    play = limited({"limits": {"orders_10s": 1}})
    order = "/api/v3/order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"
    status, headers, _ = play.get(order, method="POST", key="a" * 64)  # not on this tape
    assert (status, weight(headers)) == (404, 1)
    assert "x-mbx-order-count-10s" not in headers
    told = play.get("/api/v3/rateLimit/order", key="a" * 64)
    assert [row["count"] for row in msgspec.json.decode(told[2])] == [0, 0]
    assert weight(told[1]) == 41


class Obliging(Answers):
    """Takes whatever is asked."""

    def reply(self, request, position_ns, venue_ms, *, shift_ms=0):
        return HttpReply(200, b"{}")


def fail_by(play, word, **attributes):
    """Let every request fail from now on."""
    rule = Rule(name="it", toxic=VenueFailure(failure=word, **attributes))
    play.session.handle(FaultsAsked(1, Plan(rules=(rule,))), play.now_ns)


ORDER = "/api/v3/order?symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("backend_timeout", "42"),
        ("bad_timestamp", "42"),
        ("too_many_requests", "6001"),  # as its text has it
        ("waf", None),  # a page that the API has nothing to do with
    ],
)
def test_failures_by_name_tell_the_counts_that_are_kept(word, told):
    play = limited()
    play.get("/api/v3/rateLimit/order")
    fail_by(play, word)
    play.get(PING)
    _, headers, _ = play.get(PING)
    assert headers.get("x-mbx-used-weight-1m") == headers.get("x-mbx-used-weight") == told
    play.open(1, "/ws-api/v3")
    [message] = messages(play.say(1, b'{"id":7,"method":"ping"}'))
    assert message["rateLimits"][0]["count"] == (6001 if told == "6001" else 45)


def test_an_order_that_fails_is_counted_if_it_exists_all_the_same():
    for is_executed, orders, weight_used in ((True, 1, 40), (False, 0, 41)):
        play = limited(kind=Obliging)
        fail_by(play, "backend_timeout", is_executed=is_executed)
        assert play.get(ORDER, method="POST")[0] == 504
        status, headers, body = play.get("/api/v3/rateLimit/order")
        assert (status, weight(headers)) == (200, weight_used)
        assert msgspec.json.decode(body)[0]["count"] == orders


def test_clients_that_name_themselves_have_budgets_of_their_own():
    play = limited(TIGHT)
    assert [play.get(PING, client="a")[0] for _ in range(4)] == [200, 200, 429, 418]
    assert [play.get(PING, client="b")[0] for _ in range(2)] == [200, 200]
    assert play.get(PING)[0] == 200


def test_the_plain_knobs_count_requests():
    play = limited({"rest_limit": 2, "rest_period_ms": 1000})
    heavy = "/api/v3/depth?symbol=A&limit=5000"
    assert [play.get(heavy)[1]["x-mbx-used-weight-1s"] for _ in range(2)] == ["1", "2"]
    status, headers, body = play.get(heavy)
    assert (status, headers["Retry-After"]) == (429, "1")
    assert b"current limit is 2 request weight per 1 SECOND" in body
    play.wait(1)
    assert play.get(heavy)[1]["x-mbx-used-weight-1s"] == "1"


# ---- the WebSocket API


def test_the_websocket_api_shares_the_weight_and_tells_it():
    play = limited()
    play.get(PING)
    play.open(1, "/ws-api/v3")  # weighs 2
    [told] = messages(play.say(1, b'{"id":7,"method":"ping"}'))
    limit = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1}
    assert told == {
        "id": 7, "status": 200, "result": {}, "rateLimits": [{**limit, "limit": 6000, "count": 4}]
    }  # fmt: skip
    [quiet] = messages(play.say(1, b'{"id":8,"method":"ping","params":{"returnRateLimits":false}}'))
    assert quiet == {"id": 8, "status": 200, "result": {}}
    assert weight(play.get(PING)[1]) == 6


def test_a_ban_over_the_websocket_api_closes_its_connections():
    play = limited({"limits": {"request_weight": 5}, "ban": {"after": 1}})
    play.open(1, "/ws-api/v3")
    play.open(2, "/ws-api/v3")
    play.open(3, "/ws/btcusdt@trade")
    play.open(4, "/ws-api/v3", client="other")
    assert messages(play.say(1, b'{"id":1,"method":"ping"}'))[0]["status"] == 200
    [refused] = messages(play.say(1, b'{"id":2,"method":"ping"}'))
    assert (refused["status"], refused["error"]["code"]) == (429, -1003)
    times = {"serverTime": T0_MS, "retryAfter": T0_MS + 20_000}
    assert refused["error"]["data"] == times
    assert [row["count"] for row in refused["rateLimits"]] == [6]
    effects = play.say(2, b'{"id":3,"method":"ping"}')
    [banned] = messages(effects)
    assert banned["status"] == 418
    assert banned["error"]["data"]["retryAfter"] == T0_MS + 120_000
    closed = [one for one in effects if isinstance(one, CloseConnection)]
    assert closed == [CloseConnection(number, 1008, "disconnected") for number in (1, 2)]
    assert effects.index(closed[0]) > 0  # the answer comes first
    assert play.say(1, b'{"id":4,"method":"ping"}') == []
    assert messages(play.say(4, b'{"id":5,"method":"ping"}'))[0]["status"] == 200


def test_a_ban_over_http_closes_them_too():
    play = limited(TIGHT)
    play.open(1, "/ws-api/v3")
    assert [play.get(PING)[0] for _ in range(2)] == [429, 418]
    assert play.others == [CloseConnection(1, 1008, "disconnected")]


def test_what_is_no_request_costs_one_and_is_refused_as_requests_are():
    play = limited({"limits": {"request_weight": 4}, "ban": {"after": 1}})
    play.open(1, "/ws-api/v3")
    [told] = messages(play.say(1, b"{"))
    assert (told["id"], told["status"], told["rateLimits"][0]["count"]) == (None, 400, 3)
    [told] = messages(play.say(1, b'{"id":5,"method":"no.such"}'))
    assert (told["id"], told["status"], told["rateLimits"][0]["count"]) == (5, 400, 4)
    [told] = messages(play.say(1, b'{"id":6,"method":"no.such"}'))
    assert (told["id"], told["status"], told["error"]["code"]) == (6, 429, -1003)
    effects = play.say(1, b'{"id":7,"method":"no.such"}')
    assert messages(effects)[0]["status"] == 418
    assert effects[-1] == CloseConnection(1, 1008, "disconnected")


# ---- connections


def test_who_is_banned_is_refused_at_the_door():
    play = limited(TIGHT)
    for _ in range(4):
        play.get(PING)
    [refused] = play.session.handle(ConnectionAsked(1, SPOT, "/ws/btcusdt@trade"), play.now_ns)
    assert isinstance(refused, Refuse)
    assert (refused.reply.status, dict(refused.reply.headers)["Retry-After"]) == (418, "120")


def test_too_many_handshakes_are_refused():
    play = limited({"limits": {"connections": 2}})
    for number in (1, 2):
        play.open(number, "/ws")
    [refused] = play.session.handle(ConnectionAsked(3, SPOT, "/ws"), play.now_ns)
    assert refused.reply.status == 429
    assert msgspec.json.decode(refused.reply.body) == {
        "code": -1034,
        "msg": "Too many connection attempts from IP; current limit is '2' per '5 MINUTE'.",
    }
    assert dict(refused.reply.headers)["Retry-After"] == "80"  # to 14:00


def test_a_url_that_is_too_long_is_refused():
    play = limited({"sockets": {"target_bytes": 20}})
    play.open(1, "/ws/btcusdt@trade")
    [refused] = play.session.handle(
        ConnectionAsked(2, SPOT, "/ws/btcusdt@trade/ethusdt@trade"), play.now_ns
    )
    assert refused.reply.status == 414


# ---- changes, and time


def test_limits_change_from_the_next_request_on():
    play = limited()
    play.get(PING)
    tighter = Limits(limits={"request_weight": 2})
    [told] = play.session.handle(LimitsAsked(5, tighter), play.now_ns)
    assert told.number == 5
    assert [play.get(PING)[0] for _ in range(2)] == [200, 429]  # what was counted goes on
    play.session.handle(LimitsAsked(6, NO_LIMITS), play.now_ns)
    assert weight(play.get(PING)[1]) == 1


def test_a_reset_empties_everything():
    play = limited(TIGHT)
    for _ in range(4):
        play.get(PING)
    play.session.handle(LimitsAsked(1, NO_LIMITS), play.now_ns)
    play.session.handle(ResetAsked(2), play.now_ns)
    status, headers, _ = play.get(PING)
    assert (status, weight(headers)) == (200, 1)
    assert play.session.limiting.state(play.now_ns).limits == Limits(
        limits={"request_weight": 2}, ban=play.session.limiting.limits.ban
    )


def test_what_is_told_of_a_ban_is_the_venues_time_at_this_speed():
    play = limited(TIGHT, speed=Fraction(10))
    for _ in range(4):
        status, headers, body = play.get(PING)
    assert (status, headers["Retry-After"]) == (418, "120")  # as the venue says it at any speed
    assert b"IP banned until %d." % (T0_MS + 120_000) in body
    play.wait(12)
    assert play.get(PING)[0] == 200


def run_until(play, seconds):
    """Let the tape run to a time, in as many pieces as it takes."""
    play.session.handle(RunUntilAsked(1, StopAt(T0 + seconds * S)), play.now_ns)
    while play.session.position_ns(play.now_ns) < T0 + seconds * S:
        play.wait(0)


def test_in_lockstep_windows_pass_as_the_tape_does():
    play = limited(TIGHT, regime=Regime.LOCKSTEP)
    assert [play.get(PING)[0] for _ in range(3)] == [200, 200, 429]
    play.wait(3600)  # of the machine's time: nothing passes
    status, headers, _ = play.get(PING)
    assert (status, headers["Retry-After"]) == (418, "120")
    run_until(play, 119)
    status, headers, _ = play.get(PING)
    assert (status, headers["Retry-After"]) == (418, "1")
    run_until(play, 120)
    assert play.get(PING)[0] == 200


def test_echoes_of_a_roll_call_are_none_of_the_venues_business():
    play = limited({"ws_limit": 1, "ws_burst": 1}, regime=Regime.LOCKSTEP)
    play.open(1, "/ws/btcusdt@trade")
    for number in range(1, 6):
        effects = play.session.handle(RunUntilAsked(number, StopAt(T0 + number)), play.now_ns)
        effects += play.session.advance(play.now_ns)
        pings = [
            bytes(payload)
            for one in effects
            if isinstance(one, SendFrames)
            for opcode, payload in split_frames(one.frames)
            if opcode == 9
        ]
        assert pings
        told = [play.session.handle(PongReceived(1, ping), play.now_ns) for ping in pings[-1:]]
        assert not [one for some in told for one in some if isinstance(one, CloseConnection)]


def test_a_tape_of_another_year_has_the_rules_of_that_year():
    play = limited(t0_ns=1_704_110_400 * S)  # 2024-01-01
    assert weight(play.get("/api/v3/aggTrades?symbol=A")[1]) == 2
    assert play.session.limiting.state(0).markets[0].limits["raw_requests"] == 61_000
    play = limited({"rules": "2023-01-01"})
    assert weight(play.get("/api/v3/aggTrades?symbol=A")[1]) == 1


@pytest.mark.parametrize("key", ["", "k" * 64])
def test_the_state_tells_who_used_what_and_no_key(key):
    play = limited(TIGHT)
    for _ in range(4):
        play.get(PING, client="bot", key=key)
    [market] = play.session.limiting.state(play.now_ns).markets
    assert {(use.client, use.limit, use.used) for use in market.used} == {
        ("bot", "request_weight", 4),
        ("bot", "raw_requests", 4),
    }
    assert [(ban.client, ban.until_ms, ban.times) for ban in market.bans] == [
        ("bot", T0_MS + 120_000, 1)
    ]
    assert market.date == "2026-11-03"


def test_the_words_of_limits_are_those_of_the_markets():
    assert "orders_10s" in limited().session.limiting.words
