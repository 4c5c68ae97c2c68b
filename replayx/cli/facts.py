"""Facts printed: tables with rich on a terminal, aligned columns in a pipe, or JSON."""

import sys
from collections.abc import Sequence
from typing import Literal

import click
import msgspec

Row = Sequence[str]


def print_json(facts: object) -> None:
    """Print one JSON object on one line."""
    click.echo(msgspec.json.encode(facts).decode())


def print_table(title: str, head: Row, rows: Sequence[Row], *, right: int = 0) -> None:
    """Print a table; the last `right` columns are numbers. Prints nothing without rows."""
    if not rows:
        return
    rows = [tuple(map(printable, row)) for row in rows]
    if sys.stdout.isatty():
        _print_rich(title, head, rows, right)
    else:
        _print_plain(title, head, rows, right)


def printable(text: str) -> str:
    """Return a text without what moves a terminal's cursor: clients and strangers wrote it."""
    return "".join(one if one.isprintable() else " " for one in text)


def _print_rich(title: str, head: Row, rows: Sequence[Row], right: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(head):
        # On a narrow terminal names go on in the next line: half a URL is of no use.
        side: Literal["left", "right"] = "right" if place >= len(head) - right else "left"
        table.add_column(name, justify=side, overflow="fold", no_wrap=side == "right")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _print_plain(title: str, head: Row, rows: Sequence[Row], right: int) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    click.echo(f"\n{title}")
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if place >= len(head) - right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())
