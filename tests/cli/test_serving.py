"""What is told of a replay: its URLs, its seed, its end; and that a plan is at work in it."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from tests.cli.runs import run
from tests.cli.test_replay import DEMO, replaying


async def answer(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.json()


def test_the_seed_is_told(tmp_path: Path):
    ready = tmp_path / "ready.json"
    with replaying(DEMO, "--seed", "7", "--ready-file", ready) as replay:
        assert replay.ready["seed"] == 7
        assert json.loads(ready.read_text()) == replay.ready
        status, facts = asyncio.run(answer(f"{replay.ready['control']}/session"))
        assert (status, facts["seed"]) == (200, 7)


def test_a_fresh_seed_is_drawn_and_a_plans_own_is_taken(tmp_path: Path):
    with replaying(DEMO) as one, replaying(DEMO) as other:
        assert one.ready["seed"] != other.ready["seed"]
    plan = tmp_path / "plan.toml"
    plan.write_text("seed = 12\n")
    with replaying(DEMO, "--faults", plan) as replay:
        assert replay.ready["seed"] == 12


def test_faults_are_at_work():
    given = ("--fault", "ip_banned@rest,nth=2", "--faults", "slow-colo")
    with replaying(DEMO, *given) as replay:
        url = f"{replay.urls['rest']}/api/v3/ping"
        answers = [asyncio.run(answer(url))[0] for _ in range(3)]
        assert answers == [200, 418, 200]
        _, state = asyncio.run(answer(f"{replay.ready['control']}/faults"))
    names = [one["name"] for one in state["toxic"]]
    assert names == ["latency", "latency-up", "bandwidth", "ip_banned"]
    counts = {one["toxic"]: one["injected"] for one in state["counts"]}
    assert counts["ip_banned"] == 1
    assert counts["latency"] >= 2


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (("--fault", "latancy"), 3, "expected latency"),
        (("--faults", "flaky-wfi"), 3, "expected flaky-wifi"),
        (("--fault", "loss,market=binance-coinm"), 3, "there is no market 'binance-coinm'"),
        (("--seed", "-1"), 2, "--seed"),
    ],
)
def test_mistakes_end_before_anything_is_served(given, code, told):
    done = run("replay", DEMO, *given)
    assert done.exit_code == code
    assert told in done.stderr
