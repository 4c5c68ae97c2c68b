"""`replayx inspect`: what cassettes hold."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from replayx.cli.facts import print_json, print_table, printable
from replayx.quantities import bytes_text, duration_text, time_text

if TYPE_CHECKING:
    from replayx.cli.contents import Contents

_EPILOG = """\b
Examples:
  replayx inspect btc.rpx
  replayx inspect *.rpx --json | jq .counts
\b
Every chunk is read and counted. Exit codes: 0 done, 1 a cassette is damaged, 2 wrong option,
3 unreadable.
"""


@click.command(epilog=_EPILOG)
@click.argument("cassettes", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a cassette.")
@click.pass_context
def command(context: click.Context, cassettes: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell what cassettes hold."""
    from replayx.cassette.reader import CassetteReader
    from replayx.cli.contents import contents
    from replayx.cli.progress import progress
    from replayx.errors import ExitCode

    damaged = False
    for path in cassettes:
        with CassetteReader(path) as reader, progress("Reading", reader.frame_count) as advance:
            found = contents(reader, advance)
        damaged = damaged or found.damage is not None
        if as_json:
            print_json(found)
        else:
            _print(found)
    if damaged:
        context.exit(ExitCode.FOUND)


def _print(found: "Contents") -> None:
    from replayx.cli.coverage import gathered

    click.secho(found.path, bold=True)
    width = max(len(name) for name, _ in _summary(found))
    for name, value in _summary(found):
        click.echo(f"  {name.ljust(width)}  {printable(value)}")
    if found.damage is not None:
        click.secho(f"  damaged: {found.damage}", fg="red")
    print_table(
        "Markets",
        ("market", "rules of", "role", "base URL"),
        [
            (market.name, market.api_date or "-", role, url)
            for market in found.markets
            for role, url in (market.hosts or {"-": "-"}).items()
        ],
    )
    print_table(
        "Messages",
        ("market", "channel", "kind", "connection", "messages", "bytes"),
        [
            (row.market, row.name or "-", row.kind, str(row.connection),
             f"{row.messages:,}", f"{row.payload_bytes:,}")
            for row in found.channels
        ],
        right=3,
    )  # fmt: skip
    print_table(
        "Requests",
        ("market", "kind", "route", "status", "count"),
        [
            (row.market, row.kind, row.route, str(row.status or "-"), f"{row.count:,}")
            for row in found.routes
        ],
        right=2,
    )
    print_table(
        "Answers", ("market", "symbol", "", "streams and endpoints"), gathered(found.answers)
    )
    print_table(
        "Connections",
        ("number", "market", "role", "target", "opened", "closed"),
        [
            (str(row.number), row.market, row.role, _short(row.target),
             "before" if row.continued else time_text(row.opened_ns), row.closed or "-")
            for row in found.connections
        ],
    )  # fmt: skip
    print_table(
        "Gaps",
        ("at", "market", "connection", "channel", "reason"),
        [
            (time_text(gap.at_ns), gap.market, str(gap.connection), gap.channel or "all",
             gap.reason)
            for gap in found.gaps
        ],
    )  # fmt: skip
    click.echo()


def _summary(found: "Contents") -> list[tuple[str, str]]:
    counts = ", ".join(f"{count:,} {name}" for name, count in found.counts.items() if count)
    offset = found.clock_offset_ns
    rows = [
        ("origin", f"{found.origin} by {found.tool}, part {found.part}"),
        ("begins", time_text(found.start_ns)),
        ("lasts", duration_text(found.end_ns - found.start_ns)),
        ("holds", counts or "nothing"),
        ("size", f"{bytes_text(found.file_bytes)} for {bytes_text(found.payload_bytes)}"
         f" of payload ({found.ratio:.1f} : 1) in {found.chunks:,} chunks"),
        ("redaction", found.redaction),
        ("venue's clock", "unknown" if offset is None else f"{offset / 1e6:+,.1f} ms"),
        ("state", "finished" if found.is_finished else "unfinished"),
    ]  # fmt: skip
    return rows + ([("note", found.note)] if found.note else [])


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
