"""What the routes of limits do: tell what is imposed and used, and impose something else."""

from replayx.ratelimit.limits_document import limits_from_document
from replayx.server.control.handlers import Call
from replayx.session.inputs import LimitsAsked
from replayx.session.limits_state import LimitsState


async def limits(call: Call) -> LimitsState:
    """Tell which limits are imposed, what clients have used of them, and who is banned."""
    return call.timeline.limits()


async def put_limits(call: Call) -> LimitsState:
    """Impose these limits from the next request on; counts go on where windows are the same."""
    imposed = limits_from_document(call.given, "$", words=call.timeline.limit_words())
    await call.timeline.command(lambda number: LimitsAsked(number, imposed))
    return call.timeline.limits()
