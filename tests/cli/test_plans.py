"""Where plans come from: presets, files, and words on the command line."""

from pathlib import Path

import pytest

from replayx.cli.plans import (
    load_any,
    load_plan,
    load_plans,
    plan_source,
    preset_summaries,
    starting_plan,
    venues_of,
)
from replayx.errors import InvalidPlan
from replayx.faults.plan_text import parse_plan, plan_toml
from replayx.limits import FAULT_PLAN_BYTES_MAX
from tests.faults.plans import VENUES

DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"
PRESETS = sorted(preset_summaries())
LOSS = "[[toxic]]\ntype = 'loss'\n"


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text("seed = 3\n" + LOSS)
    return path


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_plans_of_every_market(name):
    for market, venue in VENUES.items():
        plan = load_plan(name, venues={market: venue})
        assert plan.rules
        assert parse_plan(plan_toml(plan), name, venues={market: venue}) == plan
    assert plan_source(name).startswith(f"# {preset_summaries()[name]}\n\n[[toxic]]\n")


def test_the_presets_that_are_promised_are_there():
    assert {
        "flaky-wifi",
        "exchange-meltdown",
        "reconnect-storm",
        "maintenance",
        "rate-limit-hell",
        "slow-colo",
    } <= set(PRESETS)


def test_files_presets_and_shorthands_become_one_plan(plan_file):
    plan = load_plans((str(plan_file), "slow-colo"), ("loss:1%@ws", "waf"), venues=VENUES)
    names = [rule.name for rule in plan.rules]
    assert names == ["loss", "latency", "latency-up", "bandwidth", "loss-2", "waf"]
    assert plan.seed == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("flaky-wfi", "no preset and no file is called 'flaky-wfi'; expected flaky-wifi."),
        ("none.toml", "none.toml: cannot be read: No such file or directory"),
        ("a/b", "a/b: cannot be read: No such file or directory"),
    ],
)
def test_what_is_not_there(name, told):
    with pytest.raises(InvalidPlan) as caught:
        load_plan(name, venues=VENUES)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\xff", "not UTF-8 text at byte 0"), (b"#" * (FAULT_PLAN_BYTES_MAX + 1), "too long")],
    ids=["bytes", "size"],
)
def test_files_that_are_no_text(tmp_path, content, told):
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidPlan, match=told):
        load_plan(str(path), venues=VENUES)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("slow-colo", ["latency", "latency-up", "bandwidth"]),
        ("day_cut", ["day_cut"]),
        ("waf", ["waf"]),
        ("429", ["too_many_requests"]),
        ("-1021", ["bad_timestamp"]),
        ("loss@ws", ["loss"]),
    ],
)
def test_any_of_them(name, names):
    assert [rule.name for rule in load_any(name, venues=VENUES).rules] == names


def test_a_seed_given_goes_before_the_plans_and_without_any_one_is_drawn(plan_file):
    plan, seed = starting_plan([DEMO], [str(plan_file)], [], 9)
    assert (plan.seed, seed) == (None, 9)
    assert starting_plan([DEMO], [str(plan_file)], [], None)[1] == 3
    drawn = {starting_plan([DEMO], [], [], None)[1] for _ in range(3)}
    assert len(drawn) == 3


def test_a_plan_may_only_name_markets_of_the_tape():
    assert set(venues_of([DEMO])) <= set(venues_of([]))
    assert "binance-spot" in venues_of([DEMO])
    with pytest.raises(InvalidPlan, match="there is no market 'binance-coinm'"):
        starting_plan([DEMO], [], ["loss@ws,market=binance-coinm"], None)


def test_a_preset_given_as_a_fault_is_told_where_it_goes():
    with pytest.raises(InvalidPlan, match="give it with --faults"):
        load_plans([], ["flaky-wifi"], venues=VENUES)
    with pytest.raises(InvalidPlan, match="expected latency"):
        load_plans([], ["latancy"], venues=VENUES)
    (rule,) = load_plans([], ["maintenance"], venues=VENUES).rules
    assert rule.toxic.type == "maintenance", "which is a fault, too"
