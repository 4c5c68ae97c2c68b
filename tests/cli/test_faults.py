"""The verb, as people type it."""

import re
from pathlib import Path

import pytest

from replayx.faults.plan_text import parse_plan
from tests.cli.runs import lines, run
from tests.faults.plans import VENUES

DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"


def test_list():
    done = run("faults", "list")
    assert done.exit_code == 0
    for word in ("latency", "flash_crash", "ip_banned", "flaky-wifi", "Failures of binance-usdm"):
        assert word in done.stdout
    (facts,) = lines(run("faults", "list", "--market", "binance-spot", "--json"))
    assert set(facts) == {"toxics", "failures", "presets"}
    assert list(facts["failures"]) == ["binance-spot"]
    assert {"word", "summary", "source", "status", "code"} == set(
        facts["failures"]["binance-spot"][0]
    )


def test_show_prints_what_a_plan_can_begin_with(tmp_path):
    text = run("faults", "show", "flaky-wifi").stdout
    path = tmp_path / "mine.toml"
    path.write_text(text)
    assert run("faults", "show", path).stdout == text
    assert parse_plan(text, "mine", venues=VENUES).rules
    assert run("faults", "show", "latency").stdout.startswith("latency: ")
    assert "expected latency" in run("faults", "show", "latncy").stderr


def test_check_without_a_tape():
    done = run("faults", "check", "ban-hammer")
    assert done.exit_code == 0
    assert "3 toxics, seed the run’s" in done.stdout
    assert "from 15s for 2m" in done.stdout
    assert run("faults", "check", "loss").stdout.startswith("1 toxic,")
    (document,) = lines(run("faults", "check", "latency:50ms@ws", "--json"))
    assert document == {
        "toxic": [
            {"type": "latency", "name": "latency", "delay": "50ms", "where": {"carrier": "ws"}}
        ]
    }


def test_check_with_a_tape(monkeypatch):
    done = run("faults", "check", "loss@ws,nth=5", DEMO)
    assert done.exit_code == 0
    assert "#" in done.stdout
    (facts,) = lines(run("faults", "check", "loss@ws,nth=5", DEMO, "--json"))
    assert facts["rules"][0]["name"] == "loss"
    for columns, cells in (("80", 20), ("120", 40)):
        monkeypatch.setenv("COLUMNS", columns)
        told = run("faults", "check", "loss@ws,nth=5", DEMO).stdout
        assert re.search(rf"^loss  [-# ]{{{cells}}}  0s", told, re.MULTILINE)
    never = run("faults", "check", "loss@nothing@trade", DEMO)
    assert "note: loss will never fire on this tape" in never.stderr


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("latancy:5ms", "the type 'latancy' is not known; expected latency"),
        ("flaky-wfi", "expected flaky-wifi"),
        ("latncy", "no preset and no file is called 'latncy'; expected latency"),
        ("no-such-thing", "expected ban-hammer, broken-data, "),
        ("", "no preset and no file is called ''"),
        ("loss@rest", "carrier rest is nothing that loss acts on"),
    ],
)
def test_mistakes_end_with_3(plan, told):
    done = run("faults", "check", plan)
    assert done.exit_code == 3
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
