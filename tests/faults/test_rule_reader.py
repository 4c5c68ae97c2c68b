"""Rules as tables: synonyms, and one clear line for each mistake."""

import pytest

from replayx.errors import InvalidPlan
from replayx.faults.attributes import Duration
from replayx.faults.rule import Rule, When, Where
from replayx.faults.rule_reader import read_rule, written_rule
from replayx.faults.toxics.latency import Latency
from replayx.faults.toxics.loss import Loss
from replayx.faults.toxics.venue_failure import VenueFailure
from replayx.limits import FAULT_NTH_MAX
from tests.faults.plans import VENUES

MS = 1_000_000


def read(**table):
    return read_rule(table, "p", VENUES)


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (
            {"type": "latency", "attributes": {"delay": "5ms"}, "stream": "upstream"},
            Rule(
                name="",
                toxic=Latency(delay=Duration(5 * MS)),
                where=Where(direction="upstream"),
            ),
        ),
        (
            {"type": "loss", "toxicity": 0.5},
            Rule(name="", toxic=Loss(), when=When(probability=0.5)),
        ),
        ({"type": "loss", "when": {"nth": 3}}, Rule(name="", toxic=Loss(), when=When(nth=(3,)))),
        (
            {"type": "overloaded", "is_executed": True},
            Rule(name="", toxic=VenueFailure(failure="overloaded", is_executed=True)),
        ),
        (
            {"type": "venue_failure", "failure": "maintenance"},
            Rule(name="", toxic=VenueFailure(failure="maintenance")),
        ),
    ],
    ids=str,
)
def test_rules(table, rule):
    assert read(**table) == rule


@pytest.mark.parametrize(
    ("number", "where", "failure"),
    [
        (429, {}, "too_many_requests"),
        ("429", {}, "too_many_requests"),
        ("418", {}, "ip_banned"),
        ("-1021", {}, "bad_timestamp"),
        (503, {}, "execution_unknown"),
        (451, {}, "restricted_location"),
        (-2010, {}, "insufficient_balance"),
        (500, {"market": "binance-spot"}, "internal_error"),
        (500, {"market": "binance-usdm"}, "unknown_error"),
        (408, {}, "backend_timeout"),  # of the only market that has it
    ],
)
def test_failures_by_number(number, where, failure):
    rule = read(type=number, where=where, retry_after="30s")
    assert rule.toxic == VenueFailure(failure=failure, retry_after=Duration(30_000 * MS))


def test_toxiproxys_words_give_way_to_ours():
    rule = read(
        type="loss",
        toxicity=0.5,
        stream="upstream",
        when={"probability": 0.1},
        where={"direction": "downstream"},
    )
    assert (rule.when.probability, rule.where.direction) == (0.1, "downstream")
    assert "toxicity" not in written_rule(rule)


MISTAKES = [
    ({}, "p: has no type; expected one of "),
    ({"type": 3.5}, "p: has no type; expected one of "),
    ({"type": True}, "p: has no type; expected one of "),
    ({"type": 3}, "p (3): the type '3' is not known; expected one of "),
    ({"type": 429, "where": {"market": []}}, "p (429): where.market: []; expected str"),
    ({"type": 400}, "p (400): no failure has the number 400; expected 504, 503, 502, "),
    (
        {"type": "-4140", "where": {"market": "binance-spot"}},
        "p (-4140): no failure has the number -4140; expected 504, ",
    ),
    ({"type": "latancy"}, "p (latancy): the type 'latancy' is not known; expected latency."),
    ({"type": "ip_band"}, "expected ip_banned. `replayx faults list` shows them all"),
    ({"type": "zzz"}, "the type 'zzz' is not known; expected one of "),
    ({"type": "latency", "dealy": "5ms"}, "the attribute 'dealy' is not known; expected delay"),
    ({"type": "day_cut", "xyz": 1}, "the attribute 'xyz' is not known; expected none"),
    ({"type": "latency", "delay": 5}, "delay: the duration 5; expected text with a unit"),
    ({"type": "latency", "delay": "5 parsec"}, "delay: the duration '5 parsec'; expected one such"),
    ({"type": "latency", "delay": "5ms", "attributes": {"delay": "1s"}}, "'delay' is given twice"),
    ({"type": "latency", "attributes": 3}, "attributes: 3; expected a table"),
    ({"type": "latency", "distribution": "normall"}, "distribution: 'normall'; expected normal"),
    ({"type": "loss", "rate": 1.5}, "rate: the share 1.5; expected 0 to 1, or '0%' to '100%'"),
    ({"type": "loss", "rate": float("nan")}, "rate: nan; expected a finite number"),
    ({"type": "loss", "from": "10s"}, "the key 'from'; expected it inside of 'when'"),
    ({"type": "loss", "channel": "a"}, "the key 'channel'; expected it inside of 'where'"),
    ({"type": "loss", "name": "a/b"}, "name: 'a/b'; expected up to 64 letters"),
    ({"type": "loss", "name": "a "}, "name: 'a '; expected up to 64 letters"),
    ({"type": "loss", "name": "a" * 65}, "expected up to 64 letters"),
    ({"type": "loss", "where": "ws"}, "where: 'ws'; expected a table of keys and values"),
    ({"type": "loss", "where": {"chanel": "a"}}, "where: the key 'chanel' is not known; expected"),
    ({"type": "loss", "where": {"carrier": "wss"}}, "where.carrier: 'wss'; expected "),
    (
        {"type": "loss", "where": {"direction": "up"}},
        "where.direction: 'up'; expected downstream, upstream",
    ),
    ({"type": "loss", "where": {"connection": 0}}, "where.connection: 0; expected int >= 1"),
    ({"type": "loss", "where": {"channel": 3}}, "where.channel: 3; expected str"),
    ({"type": "loss", "when": {"until": "5s", "from": "5s"}}, "until: '5s'; expected a time after"),
    ({"type": "loss", "when": {"for": "0s"}}, "when.for: '0s'; expected a duration above 0"),
    ({"type": "loss", "when": {"nth": [0]}}, "when.nth: [0]; expected int >= 1"),
    ({"type": "loss", "when": {"nth": [1] * (FAULT_NTH_MAX + 1)}}, "when.nth: [1, 1"),
    ({"type": "loss", "when": {"every": 0}}, "when.every: 0; expected int >= 1"),
    ({"type": "loss", "when": {"times": True}}, "when.times: True; expected int"),
    ({"type": "loss", "when": {"probability": "110%"}}, "when.probability: the share '110%'"),
    ({"type": "loss", "when": {"probabilty": 1}}, "when: the key 'probabilty' is not known;"),
    ({"type": "loss", "when": {"price": "BTC"}}, "when.price: the condition 'BTC'; expected"),
    ({"type": "venue_failure"}, "p (venue_failure): has no 'failure', which it needs"),
    ({"type": "venue_failure", "failure": "waff"}, "the failure 'waff' is not known; expected waf"),
    (
        {"type": "no_liquidity", "where": {"market": "binance-usdm"}},
        "failure: the failure 'no_liquidity' is not known;",
    ),
    ({"type": "disconnect", "code": 1006}, "p (disconnect): "),
    (
        {"type": "loss", "where": {"market": "binance-spt"}},
        "where.market: there is no market 'binance-spt'; expected binance-spot",
    ),
]


@pytest.mark.parametrize(("table", "told"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes(table, told):
    with pytest.raises(InvalidPlan) as caught:
        read(**table)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("p")
