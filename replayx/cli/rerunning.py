"""A run repeated from its file, without clients: whether it did the same, or where first not."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replayx.cli.facts import print_json
from replayx.errors import ExitCode, InvalidOption

if TYPE_CHECKING:
    from replayx.server.deck import Deck
    from replayx.session.rerun import Parting
    from replayx.session.run_entry import RunEntry, RunHeader

# What says something beside a run file; everything else about the run is in it.
_BESIDE = ("cassettes", "as_json", "rerun_path")


def check_alone(context: click.Context) -> None:
    """Check that no option says how to play what a run file says. Raises InvalidOption."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in _BESIDE and source is click.core.ParameterSource.COMMANDLINE:
            raise InvalidOption(
                f"{parameter.opts[0]} beside --transcript",
                expected="a run file, which says how it was played, its cassettes and --json",
                where="--transcript",
            )


def repeat(path: Path, cassettes: Sequence[Path], *, as_json: bool) -> ExitCode:
    """Repeat a run and tell what came of it. Raises DamagedRunFile, CassetteError."""
    from replayx.clock import VirtualClock
    from replayx.server.deck import Deck
    from replayx.server.run_file import RunFileReader
    from replayx.server.run_options import cassettes_of, options_of
    from replayx.session.rerun import Rerun

    with RunFileReader(path) as run:
        header = run.header
        paths = cassettes_of(header, cassettes)
        deck = Deck(paths, options_of(header), VirtualClock(wall_start_ns=header.wall_offset_ns))
        try:
            _prepare(deck, header)
            rerun = Rerun(deck.session(), lambda market: _build(deck, market))
            parting = rerun.follow(run)
        finally:
            deck.close()
        _tell(rerun.count, parting, run.damage, as_json=as_json)
    return ExitCode.OK if parting is None else ExitCode.FOUND


def _prepare(deck: "Deck", header: "RunHeader") -> None:
    deck.prepare()
    for market in header.built:
        _build(deck, market)


def _build(deck: "Deck", market: str) -> None:
    history = deck.histories.get(market)
    if history is not None:
        history.build()


def _tell(count: int, parting: "Parting | None", damage: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "same": parting is None,
                "common": count,
                "damage": damage,
                "was": None if parting is None else _entry(parting.was),
                "became": None if parting is None else _entry(parting.became),
            }
        )
        return
    if damage:
        click.secho(f"warning: {damage}; what stands before it is repeated", fg="yellow", err=True)
    if parting is None:
        click.echo(f"the same: {count:,} entries of the run")
        return
    click.echo(f"not the same: {count:,} entries are, then")
    click.echo(f"  it was     {_words(parting.was)}")
    click.echo(f"  it became  {_words(parting.became)}")


def _entry(entry: "RunEntry | None") -> dict[str, object] | None:
    import msgspec

    return None if entry is None else {**msgspec.to_builtins(entry), "words": _words(entry)}


def _words(entry: "RunEntry | None") -> str:
    from replayx.quantities import time_text
    from replayx.session.run_words import in_words

    return "nothing" if entry is None else f"{time_text(entry.at_ns)}  {in_words(entry)}"
