"""Plans as TOML and as documents: what is read is written, and read again the same."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replayx.errors import InvalidPlan
from replayx.faults.attributes import Duration, Ratio, Size
from replayx.faults.plan_text import joined, named, parse_plan, plan_document, plan_from_document
from replayx.faults.plan_text import plan_toml as toml_of
from replayx.faults.registry import toxic_names
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.faults.toxics.endings import Disconnect
from replayx.faults.toxics.latency import Latency
from replayx.faults.toxics.loss import Loss
from replayx.faults.toxics.venue_failure import VenueFailure
from replayx.limits import FAULT_PLAN_BYTES_MAX, FAULT_RULES_MAX
from tests.faults.plans import VENUES

S = 1_000_000_000
TEXT = """
seed = 7

[[toxic]]
type = "latency"
name = "slow"
delay = "50ms"
jitter = "10ms"
where = { market = "binance-spot", carrier = "ws", symbol = "BTCUSDT" }
when = { from = "10s", until = "1m", nth = [3, 5], probability = "10%" }

[[toxic]]
type = "loss"
where = { channel = "*@depth*" }
when = { price = "btcusdt>60000", for = "90s" }

[[toxic]]
type = "ip_banned"
"""


def parsed(text):
    return parse_plan(text, "plan.toml", venues=VENUES)


def test_toml_becomes_rules():
    assert parsed(TEXT) == Plan(
        seed=7,
        rules=(
            Rule(
                name="slow",
                toxic=Latency(delay=Duration(50_000_000), jitter=Duration(10_000_000)),
                where=Where(market="binance-spot", carrier="ws", symbol="BTCUSDT"),
                when=When(from_ns=10 * S, until_ns=60 * S, nth=(3, 5), probability=0.1),
            ),
            Rule(
                name="loss",
                toxic=Loss(),
                where=Where(channel="*@depth*"),
                when=When(price="BTCUSDT > 60000", for_ns=90 * S),
            ),
            Rule(name="ip_banned", toxic=VenueFailure(failure="ip_banned")),
        ),
    )


def test_a_plan_is_written_without_what_need_not_be_said():
    assert plan_document(parsed(TEXT)) == {
        "seed": 7,
        "toxic": [
            {
                "type": "latency",
                "name": "slow",
                "delay": "50ms",
                "jitter": "10ms",
                "where": {"market": "binance-spot", "carrier": "ws", "symbol": "BTCUSDT"},
                "when": {"from": "10s", "until": "1m", "nth": [3, 5], "probability": 0.1},
            },
            {
                "type": "loss",
                "name": "loss",
                "where": {"channel": "*@depth*"},
                "when": {"for": "90s", "price": "BTCUSDT > 60000"},
            },
            {"type": "venue_failure", "name": "ip_banned", "failure": "ip_banned"},
        ],
    }


durations = st.integers(0, 10**15).map(Duration)
numbers = st.integers(1, 10**6)
toxics = st.one_of(
    st.builds(Latency, delay=durations),
    st.builds(Loss, rate=st.floats(0, 1).map(Ratio)),
    st.builds(Disconnect, reason=st.text(max_size=20)),
    st.just(VenueFailure(failure="waf", is_executed=True)),
)
whens = st.builds(
    lambda from_ns, lasts_ns, **given: When(
        from_ns=from_ns, until_ns=None if lasts_ns is None else from_ns + lasts_ns, **given
    ),
    from_ns=st.integers(0, 10**15),
    lasts_ns=st.none() | st.integers(1, 10**12),
    for_ns=st.none() | st.integers(1, 10**12),
    after_ns=st.integers(0, 10**12),
    nth=st.lists(numbers, max_size=5).map(tuple),
    every=numbers,
    first=st.none() | numbers,
    times=st.none() | numbers,
    probability=st.floats(0, 1),
    price=st.sampled_from(["", "BTCUSDT > 60000", "ETHUSDT <= 0.00000001"]),
)
wheres = st.builds(Where, symbol=st.sampled_from(["", "BTCUSDT"]), client=st.text(max_size=10))


@settings(max_examples=60)
@given(
    seed=st.none() | st.integers(0, 2**63 - 1),
    rules=st.lists(st.builds(Rule, name=st.just(""), toxic=toxics, where=wheres, when=whens)),
)
def test_what_is_written_is_read_again_the_same(seed, rules):
    plan = Plan(seed=seed, rules=named(rules, "plan"))
    assert plan_from_document(plan_document(plan), "$", venues=VENUES) == plan
    over_the_wire = msgspec.json.decode(msgspec.json.encode(plan_document(plan)))
    assert plan_from_document(over_the_wire, "$", venues=VENUES) == plan
    assert parsed(toml_of(plan)) == plan


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a =", "plan.toml: not TOML: Invalid value (at end of document)"),
        ("toxics = []", "plan.toml: the key 'toxics' is not known; expected toxic"),
        ("seed = -1", "plan.toml: seed: -1; expected int >= 0"),
        ("seed = 1.5", "plan.toml: seed: 1.5; expected int | null"),
        ("[toxic]\ntype='loss'", "expected a list of toxics: [[toxic]] in TOML"),
        ("toxic = [3]", "plan.toml: toxic 1: 3; expected a table with a type"),
        (
            "[[toxic]]\ntype='loss'\nname='a'\n[[toxic]]\ntype='loss'\nname='a'",
            "plan.toml: two toxics are called 'a'; expected a name for each",
        ),
        ("a = " + "[" * 5000, "plan.toml"),
        ("#" * (FAULT_PLAN_BYTES_MAX + 1), "expected at most"),
        ("[[toxic]]\ntype='loss'\n" * (FAULT_RULES_MAX + 1), "expected at most 256"),
    ],
    ids=range(10),
)
def test_mistakes_of_a_plan(text, told):
    with pytest.raises(InvalidPlan) as caught:
        parsed(text)
    assert told in str(caught.value)


def test_rules_without_a_name_get_their_type_and_a_number():
    plan = parsed("[[toxic]]\ntype='loss'\n[[toxic]]\ntype='loss'\nname='loss'\n[[toxic]]\n"
                  "type='loss'")  # fmt: skip
    assert [rule.name for rule in plan.rules] == ["loss-2", "loss", "loss-3"]


def test_plans_are_joined():
    first, second = parsed("seed = 1\n[[toxic]]\ntype='loss'"), parsed("[[toxic]]\ntype='loss'")
    third = Plan(seed=3, rules=(Rule(name="", toxic=Loss()),))
    plan = joined([first, second, third])
    assert (plan.seed, [rule.name for rule in plan.rules]) == (3, ["loss", "loss-2", "loss-3"])
    with pytest.raises(InvalidPlan, match="toxics together"):
        joined([Plan(rules=third.rules)] * (FAULT_RULES_MAX + 1))


def test_sizes_are_written_with_their_unit():
    plan = parsed("[[toxic]]\ntype='oversize'\nsize='6MiB'")
    assert plan.rules[0].toxic.size == Size(6 * 1024 * 1024)
    assert parsed(toml_of(plan)) == plan


words = st.sampled_from(
    [
        *("seed", "toxic", "type", "name", "where", "when", "attributes", "stream", "toxicity"),
        *("latency", "loss", "ip_banned", "flash_crash", "down", "maintenance", "venue_failure"),
        *("delay", "rate", "failure", "symbols", "from", "until", "for", "nth", "price", "status"),
        *("carrier", "channel", "symbol", "route", "market", "connection", "ws", "rest", "BTCUSDT"),
        *("10s", "50ms", "10%", "-1s", "BTCUSDT > 1", "1e999", "", "\x00", "9" * 400 + "d"),
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=5)
)
rules = st.fixed_dictionaries(
    {"type": st.sampled_from(toxic_names()) | words},
    optional={
        "where": st.dictionaries(words, values, max_size=3),
        "when": st.dictionaries(words, values, max_size=3),
    },
).flatmap(lambda rule: st.dictionaries(words, values, max_size=3).map(lambda more: more | rule))


@settings(max_examples=150)
@given(document=values | st.fixed_dictionaries({"toxic": st.lists(rules, max_size=3)}))
def test_no_document_is_too_odd(document):
    try:
        plan = plan_from_document(document, "$", venues=VENUES)
    except InvalidPlan as problem:
        assert str(problem).startswith("$")  # noqa: PT017 - both ways are right
    else:
        assert plan_from_document(plan_document(plan), "$", venues=VENUES) == plan
