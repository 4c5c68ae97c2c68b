"""`replayx faults`: which faults there are, and what a plan of them will do."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from replayx.cli.fault_forecast import Forecasts
    from replayx.faults.rule import Plan

_EPILOG = """\b
Examples:
  replayx faults list
  replayx faults list --market binance-spot --json
  replayx faults show flaky-wifi > my-plan.toml
  replayx faults show latency
  replayx faults check my-plan.toml btc.rpx
  replayx faults check 'latency:50ms~10ms@ws!10%' btc.rpx
\b
Exit codes: 0 done, 2 wrong option, 3 a plan that cannot be, unreadable cassette.
"""
# A terminal that is narrower gets bars half as long: a folded bar is none.
_BAR_WIDTH_MIN = 100


@click.group(epilog=_EPILOG)
def command() -> None:
    """Tell which faults there are, and check plans of them."""


@command.command("list")
@click.option("--market", default="", metavar="MARKET", help="Only the failures of this market.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(market: str, *, as_json: bool) -> None:
    """List toxics, the venues' failures by name, and presets."""
    from replayx.cli.facts import print_json, printable
    from replayx.cli.fault_catalogue import catalogue
    from replayx.cli.fault_listing import line_width, listing

    found = catalogue(market)
    if as_json:
        print_json(found)
        return
    for line in listing(found, line_width()):
        click.secho(printable(line), bold=not line.startswith(" "))
    click.echo("\n`replayx faults show NAME` tells more of each; --json has everything.")
    for name, problem in found.broken.items():
        click.secho(f"note: {name}: {printable(problem)}", fg="yellow", err=True)


@command.command()
@click.argument("name", metavar="PRESET|PLAN|TYPE")
def show(name: str) -> None:
    """Print a preset or a plan as TOML, or what is to know of a toxic or a failure."""
    from replayx.cli.fault_catalogue import described
    from replayx.cli.plans import plan_source
    from replayx.faults.registry import toxic_names

    told = described(name)
    click.echo(plan_source(name, words=toxic_names()).rstrip() if told is None else told)


@command.command()
@click.argument("plan", metavar="PLAN|PRESET|FAULT")
@click.argument("cassettes", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(plan: str, cassettes: tuple[Path, ...], *, as_json: bool) -> None:
    """Check a plan; with CASSETTES, tell what it will do to them and when."""
    from replayx.cli.facts import print_json
    from replayx.cli.plans import load_any, venues_of

    venues = venues_of(cassettes)
    checked = load_any(plan, venues=venues)
    if not cassettes:
        if as_json:
            from replayx.faults.plan_text import plan_document

            print_json(plan_document(checked))
        else:
            _tell_plan(checked)
        return
    from replayx.cli.fault_forecast import forecast

    forecasts = forecast(checked, cassettes, venues)
    if as_json:
        print_json(forecasts)
    else:
        _tell_forecasts(checked, forecasts)


def _tell_plan(plan: "Plan") -> None:
    from replayx.cli.facts import print_table
    from replayx.cli.fault_words import attribute_words, when_words, where_words

    toxics = "1 toxic" if len(plan.rules) == 1 else f"{len(plan.rules)} toxics"
    click.echo(f"{toxics}, seed {'the run’s' if plan.seed is None else plan.seed}")
    print_table(
        "Plan",
        ("name", "type", "attributes", "where", "when"),
        [
            (rule.name, rule.toxic.type, attribute_words(rule), where_words(rule), when_words(rule))
            for rule in plan.rules
        ],
    )


def _tell_forecasts(plan: "Plan", forecasts: "Forecasts") -> None:
    from replayx.cli.facts import print_table
    from replayx.cli.fault_listing import line_width
    from replayx.cli.fault_words import narrow_bar, span_words
    from replayx.quantities import duration_text

    _tell_plan(plan)
    rows = []
    is_narrow = line_width() < _BAR_WIDTH_MIN
    for one in forecasts.rules:
        fires = "; ".join(one.acts_on)  # what clients do, or the market, is not counted before
        if one.expected is not None:
            fires = f"{one.expected:,.0f} of {one.selected:,} messages"
        first = "-" if one.first_ns is None else duration_text(one.first_ns)
        bar = narrow_bar(one.bar) if is_narrow else one.bar
        rows.append((one.name, bar, span_words(one.begins_ns, one.ends_ns), first, fires))
    print_table(
        f"On the tape, {duration_text(forecasts.lasts_ns)} (- may fire, # messages are selected)",
        ("name", "timeline", "window", "first", "selects"),
        rows,
    )
    for one in forecasts.rules:
        if one.begins_ns is None or one.selected == 0:
            click.secho(f"note: {one.name} will never fire on this tape", fg="yellow", err=True)
