"""`replayx ctl faults`: put toxics to work on a running replay, and see what they did."""

from typing import TYPE_CHECKING
from urllib.parse import quote

import click

if TYPE_CHECKING:
    from replayx.cli.ctl import Desk
    from replayx.server.control.fault_definitions import FaultsState
    from replayx.venues.venue import Venue

_EPILOG = """\b
Examples:
  replayx ctl faults
  replayx ctl faults add latency:50ms~10ms@ws
  replayx ctl faults add too_many_requests@rest
  replayx ctl faults set flaky-wifi
  replayx ctl faults remove latency
  replayx ctl faults log
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def faults(context: click.Context) -> None:
    """Tell which toxics are at work and what they did; add, set, remove them."""
    if context.invoked_subcommand is None:
        context.invoke(listed)


@faults.command("list")
@click.pass_obj
def listed(desk: "Desk") -> None:
    """Tell which toxics are at work and how often they fired."""
    from replayx.server.control.fault_definitions import FaultsState

    _tell(desk, desk.client().get("/faults", FaultsState))


@faults.command()
@click.argument("fault", metavar="FAULT")
@click.pass_obj
def add(desk: "Desk", fault: str) -> None:
    """Put one more toxic to work: TYPE[:VALUE][@WHERE], as `replayx replay --fault` takes it."""
    from replayx.faults.plan_text import named, plan_document
    from replayx.faults.rule import Plan
    from replayx.faults.shorthand import parse_fault

    rule = parse_fault(fault, venues=_venues(desk))
    document = plan_document(Plan(rules=named([rule], "FAULT")))["toxic"]
    assert isinstance(document, list), "a plan's document has a list of toxics"
    if not rule.name:
        document[0].pop("name", None)  # the replay finds one that is free
    _send(desk, "POST", "/faults", document[0])


@faults.command("set")
@click.argument("plans", nargs=-1, required=True, metavar="PLAN|PRESET...")
@click.pass_obj
def set_(desk: "Desk", plans: tuple[str, ...]) -> None:
    """Inject by these plans, files or presets, and by nothing else."""
    from replayx.cli.plans import load_plans
    from replayx.faults.plan_text import plan_document

    _send(desk, "PUT", "/faults", plan_document(load_plans(plans, (), venues=_venues(desk))))


@faults.command()
@click.argument("name")
@click.pass_obj
def remove(desk: "Desk", name: str) -> None:
    """Take one toxic away; what it holds back is let go."""
    _send(desk, "DELETE", f"/faults/{quote(name, safe='')}")


@faults.command()
@click.pass_obj
def clear(desk: "Desk") -> None:
    """Take every toxic away."""
    _send(desk, "DELETE", "/faults")


@faults.command()
@click.option("--toxic", default="", metavar="NAME", help="Of this toxic alone.")
@click.pass_obj
def log(desk: "Desk", toxic: str) -> None:
    """Tell what was injected: by toxic, connection and message."""
    from replayx.cli.facts import print_json, print_table
    from replayx.limits import TRANSCRIPT_PAGE_MAX
    from replayx.quantities import time_text
    from replayx.server.control.fault_definitions import FaultPage

    client = desk.client()
    entries = client.get("/fault-log", FaultPage, limit=TRANSCRIPT_PAGE_MAX, toxic=toxic).entries
    if desk.as_json:
        for one in entries:
            print_json(one)
        return
    rows = [
        (one.rule, one.link, f"{one.first}..{one.last}", time_text(one.at_ns)) for one in entries
    ]
    print_table("injected", ("toxic", "link", "messages", "from"), rows)


def _venues(desk: "Desk") -> "dict[str, Venue]":
    """Return the venues of the markets that are served."""
    from replayx.server.control.definitions import SessionState
    from replayx.venues.registry import load_venue

    markets = desk.client().get("/session", SessionState).markets
    return {market.name: load_venue(market.name) for market in markets}


def _send(desk: "Desk", method: str, path: str, body: object = None) -> None:
    from replayx.server.control.fault_definitions import FaultsState

    _tell(desk, desk.client().send(method, path, FaultsState, body))


def _tell(desk: "Desk", state: "FaultsState") -> None:
    from replayx.cli.facts import print_json, print_table

    if desk.as_json:
        print_json(state)
        return
    fired: dict[str, int] = {}
    for count in state.counts:
        fired[count.toxic] = fired.get(count.toxic, 0) + count.injected
    rows = []
    for toxic in state.toxic:
        name = str(toxic.get("name", ""))
        plain = {k: v for k, v in toxic.items() if k not in ("name", "type", "where", "when")}
        told = (_pairs(one) for one in (plain, toxic.get("where"), toxic.get("when")))
        rows.append((name, str(toxic.get("type", "")), *told, f"{fired.pop(name, 0):,}"))
    rows += [(name, "(removed)", "", "", "", f"{count:,}") for name, count in fired.items()]
    head = ("toxic", "type", "attributes", "where", "when", "fired")
    print_table(f"seed {state.seed}", head, rows, right=1)
    if not rows:
        click.echo("no toxic is at work")


def _pairs(table: object) -> str:
    """Return a table of a rule in words: `carrier=ws connection=1`."""
    if not isinstance(table, dict):
        return ""
    shown = {k: "+".join(map(str, v)) if isinstance(v, list) else v for k, v in table.items()}
    return " ".join(f"{key}={value}" for key, value in shown.items())
