from replayx.faults.rule import Plan, Rule
from replayx.faults.toxics.flash_crash import FlashCrash
from replayx.limits import FAULT_RULES_MAX
from replayx.session.inputs import FaultsAsked

SLOW = {"type": "latency", "delay": "50ms"}
LOSSY = {"type": "loss", "rate": 0.1, "where": {"channel": "*@depth"}}


async def names(client):
    _, state = await client.ask("GET", "/faults")
    return [toxic["name"] for toxic in state["toxic"]]


async def test_nothing_is_injected_at_first(client):
    status, state = await client.ask("GET", "/faults")
    assert (status, state["toxic"], state["injected"], state["seed"]) == (200, [], 0, 7)


async def test_a_plan_takes_the_place_of_what_was_there(client):
    await client.ask("PUT", "/faults", {"seed": 9, "toxic": [SLOW, LOSSY]})
    assert await names(client) == ["latency", "loss"]
    status, state = await client.ask("PUT", "/faults", {"toxic": [LOSSY]})
    assert (status, [toxic["name"] for toxic in state["toxic"]]) == (200, ["loss"])
    given = client.run.timelines[""].inputs
    assert [type(one) for one in given] == [FaultsAsked, FaultsAsked]
    assert given[0].plan.seed == 9


async def test_toxics_come_and_go_one_by_one(client):
    await client.ask("POST", "/faults", SLOW)
    await client.ask("POST", "/faults", SLOW)
    await client.ask("POST", "/faults", {**LOSSY, "name": "drops"})
    assert await names(client) == ["latency", "latency-2", "drops"]
    status, state = await client.ask("DELETE", "/faults/latency")
    assert (status, [toxic["name"] for toxic in state["toxic"]]) == (200, ["latency-2", "drops"])
    assert (await client.ask("DELETE", "/faults"))[1]["toxic"] == []


async def test_a_toxic_of_several_words_goes_as_it_came(client):
    await client.ask("POST", "/faults", {**SLOW, "name": "slow books"})
    assert (await client.ask("DELETE", "/faults/slow%20books"))[1]["toxic"] == []


async def test_as_many_toxics_as_a_plan_may_have_fit_into_a_request(client):
    toxics = [
        {**LOSSY, "name": f"{'x' * 60}{number}", "where": {"channel": "c" * 200}}
        for number in range(FAULT_RULES_MAX)
    ]
    status, state = await client.ask("PUT", "/faults", {"toxic": toxics})
    assert (status, len(state["toxic"])) == (200, FAULT_RULES_MAX)


async def test_a_toxic_that_is_not_there_is_told_with_those_that_are(client):
    await client.ask("POST", "/faults", SLOW)
    status, problem = await client.ask("DELETE", "/faults/latenzy")
    assert (status, problem["expected"]) == (404, "latency")


async def test_what_is_no_plan_is_told_and_changes_nothing(client):
    await client.ask("POST", "/faults", SLOW)
    status, problem = await client.ask("POST", "/faults", {"type": "latenzy"})
    assert status == 409
    assert "latency" in str(problem)
    status, problem = await client.ask(
        "PUT", "/faults", {"toxic": [{**SLOW, "delay": "50 bananas"}]}
    )
    assert status == 409
    assert "50 bananas" in str(problem)
    assert await names(client) == ["latency"]
    assert len(client.run.timelines[""].inputs) == 1


async def test_what_was_injected_is_told_by_toxic(client):
    log = client.run.timelines[""].log
    link = "fake/ws/1/downstream"
    log.note("drops", "loss", market="fake", link=link, touched=[(3, 30), (4, 40)])
    log.note("slow", "latency", market="fake", link=link, touched=[(1, 10)])
    _, state = await client.ask("GET", "/faults")
    assert state["injected"] == 3
    assert {(one["toxic"], one["injected"]) for one in state["counts"]} == {
        ("drops", 2),
        ("slow", 1),
    }
    _, page = await client.ask("GET", "/fault-log?toxic=drops")
    assert [(one["first"], one["last"]) for one in page["entries"]] == [(3, 4)]
    _, page = await client.ask("GET", "/fault-log?skip=1&limit=1")
    assert len(page["entries"]) == 1


async def test_shocks_are_of_the_tape_that_is_played(client):
    crash = {"type": "flash_crash", "when": {"from": "10s"}}
    status, problem = await client.ask("POST", "/faults", crash)
    assert status == 409
    assert "while the tape is played" in str(problem)
    assert await names(client) == []


async def test_shocks_stay_when_every_other_toxic_goes(client):
    crash = Rule(name="crash", toxic=FlashCrash())
    client.run.timelines[""].plan = Plan(rules=(crash,))
    await client.ask("POST", "/faults", SLOW)
    assert await names(client) == ["crash", "latency"]
    status, _ = await client.ask("DELETE", "/faults/crash")
    assert status == 409
    assert (await client.ask("DELETE", "/faults"))[0] == 200
    assert await names(client) == ["crash"]
