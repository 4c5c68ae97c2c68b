"""What the routes of faults do: the plan as a whole, one toxic of it, and what was injected."""

from replayx.faults.plan_text import plan_document, plan_from_document
from replayx.faults.rule import Plan
from replayx.faults.shock import refuse_other_shocks, shocks_of
from replayx.server.control.definitions import Problem
from replayx.server.control.fault_definitions import (
    FaultCount,
    FaultPage,
    FaultQuery,
    FaultsState,
)
from replayx.server.control.handlers import Call
from replayx.session.inputs import FaultsAsked


async def faults(call: Call) -> FaultsState:
    """Tell which toxics are at work, and what they did."""
    return _state(call)


async def put_faults(call: Call) -> FaultsState:
    """Inject by this plan from the next message on, and by no other."""
    return await _ask(call, _plan(call, call.given))


async def add_fault(call: Call) -> FaultsState | Problem:
    """Put one more toxic to work, beside those there are."""
    plan = call.timeline.faults().plan
    document = plan_document(plan)
    toxics = document.get("toxic", [])
    assert isinstance(toxics, list), "a plan's document has a list of toxics"
    return await _ask(call, _plan(call, {**document, "toxic": [*toxics, call.given]}))


async def remove_fault(call: Call) -> FaultsState | Problem:
    """Take a toxic away. What it holds back is let go at once."""
    plan = call.timeline.faults().plan
    kept = tuple(rule for rule in plan.rules if rule.name != call.named)
    if len(kept) == len(plan.rules):
        names = ", ".join(rule.name for rule in plan.rules)
        return Problem(404, f"no toxic is called {call.named!r}", expected=names or "none is there")
    return await _ask(call, Plan(seed=plan.seed, rules=kept))


async def remove_faults(call: Call) -> FaultsState:
    """Take every toxic away, but those that were worked into the tape."""
    plan = call.timeline.faults().plan
    return await _ask(call, Plan(seed=plan.seed, rules=shocks_of(plan)))


async def fault_log(call: Call) -> FaultPage:
    """Tell what was injected, where and how often."""
    assert isinstance(call.query, FaultQuery)
    log, name = call.timeline.faults().log, call.query.toxic
    wanted = [one for one in log.entries() if name in ("", one.rule)]
    return FaultPage(tuple(wanted[call.query.skip :][: call.query.limit]), log.dropped)


def _plan(call: Call, document: object) -> Plan:
    return plan_from_document(document, "$", venues=call.run.venues)


async def _ask(call: Call, plan: Plan) -> FaultsState:
    refuse_other_shocks(call.timeline.faults().plan, plan)
    await call.timeline.command(lambda number: FaultsAsked(number, plan))
    return _state(call)


def _state(call: Call) -> FaultsState:
    seen = call.timeline.faults()
    toxics = plan_document(seen.plan).get("toxic", [])
    assert isinstance(toxics, list), "a plan's document has a list of toxics"
    counts = tuple(FaultCount(rule, market, n) for (rule, market), n in seen.log.counts.items())
    return FaultsState(
        seed=seen.seed,
        toxic=tuple(toxics),
        injected=seen.log.counts.total(),
        counts=counts,
        digest=seen.log.digest(),
    )
