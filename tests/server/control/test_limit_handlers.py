from replayx.session.inputs import LimitsAsked


async def test_limits_are_told_and_imposed(client):
    status, state = await client.ask("GET", "/limits")
    assert (status, state["limits"]) == (200, {"rules": "off"})
    status, state = await client.ask("PUT", "/limits", {"rest_limit": 10, "rest_period_ms": 1000})
    assert (status, state["limits"]["rest_limit"]) == (200, 10)
    assert isinstance(client.run.timelines[""].inputs[-1], LimitsAsked)


async def test_a_limit_that_the_venue_does_not_have_is_refused(client):
    asked = {"limits": {"request_wait": 5}}
    status, problem = await client.ask("PUT", "/limits", asked)
    assert status == 409
    assert "request_weight" in problem["expected"]


async def test_a_field_that_is_misspelt_is_refused(client):
    status, _ = await client.ask("PUT", "/limits", {"rest_limits": 5})
    assert status == 400
