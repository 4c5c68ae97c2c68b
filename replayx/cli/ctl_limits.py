"""`replayx ctl limits`: see what clients used of a running replay's limits, and change them."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from replayx.cli.ctl import Desk
    from replayx.session.limits_state import LimitsState

_EPILOG = """\b
Examples:
  replayx ctl limits
  replayx ctl limits set venue
  replayx ctl limits set off
  replayx ctl limits set limits.toml
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def limits(context: click.Context) -> None:
    """Tell which limits are imposed, and what clients used of them; impose others."""
    from replayx.session.limits_state import LimitsState

    if context.invoked_subcommand is None:
        desk: Desk = context.obj
        _tell(desk, desk.client().get("/limits", LimitsState))


@limits.command("set")
@click.argument("limits", metavar="venue|off|FILE")
@click.pass_obj
def set_(desk: "Desk", limits: str) -> None:
    """Impose the venue's limits, none, or those of a TOML file."""
    from replayx.cli.limits import read_limits
    from replayx.ratelimit.limits_document import limits_document
    from replayx.session.limits_state import LimitsState

    document = limits_document(read_limits(limits))
    _tell(desk, desk.client().send("PUT", "/limits", LimitsState, document))


def _tell(desk: "Desk", state: "LimitsState") -> None:
    from replayx.cli.facts import print_json, print_table
    from replayx.clock import NS_PER_MS
    from replayx.quantities import time_text

    if desk.as_json:
        print_json(state)
        return
    if not state.markets:
        click.echo("no limits are imposed")
    for one in state.markets:
        title = f"{one.market}, rules of {one.date}"
        rows = [(word, f"{limit:,}") for word, limit in one.limits.items()]
        print_table(title, ("limit", "most"), rows, right=1)
        used = [(use.client, use.limit, f"{use.used:,}") for use in one.used]
        print_table("used", ("client", "limit", "used"), used, right=1)
        bans = [
            (ban.client, time_text(ban.until_ms * NS_PER_MS), f"{ban.times}") for ban in one.bans
        ]
        print_table("banned", ("client", "until", "times"), bans, right=1)
