"""What a control API tells, for people."""

from collections.abc import Iterable

import click
import msgspec

from replayx.cli.facts import print_table, printable
from replayx.clock import NS_PER_MS
from replayx.quantities import bytes_text, duration_text, time_text
from replayx.server.control.definitions import ConnectionState, SessionState
from replayx.session.effects import ClockState
from replayx.session.transcript_entry import ClockEntry, Entry

# An entry's line ends here: a batch of orders need not be read in it.
_LINE_CHARACTERS = 160


def clock_line(clock: ClockState) -> str:
    """Return where a clock stands: `13:59:00.000Z, 10s of 5m, at 2 x, paused`."""
    since = duration_text(clock.position_ns - clock.start_ns)
    lasts = duration_text(clock.end_ns - clock.start_ns)
    speed = "full speed" if clock.speed == "max" else f"{clock.speed} x"
    parts = [f"{time_text(clock.position_ns)}, {since} of {lasts} at {speed}", _state(clock)]
    if clock.regime != "wall":
        parts.append(clock.regime)
    if clock.shift_ms:
        parts.append(f"{time_text(clock.venue_ms * NS_PER_MS)} to clients")
    return ", ".join(parts)


def _state(clock: ClockState) -> str:
    if clock.ended:
        return "ended"
    if clock.paused:
        return "paused"
    return "running" if clock.started else "waiting for its start"


def print_session(session: SessionState) -> None:
    """Print a run."""
    click.echo(clock_line(session.clock))
    cassettes = [
        (
            one.path,
            ", ".join(one.markets),
            time_text(one.start_ns),
            duration_text(one.end_ns - one.start_ns),
            f"{one.messages:,}",
        )
        for one in session.cassettes
    ]
    print_table("cassettes", ("path", "markets", "start", "lasts", "messages"), cassettes, right=2)
    urls = [(one.name, role, url) for one in session.markets for role, url in one.urls.items()]
    print_table("markets", ("market", "", "url"), urls)
    counts = msgspec.to_builtins(session.counts)
    rows = [(name.replace("_", " "), f"{count:,}") for name, count in counts.items()]
    print_table("counts", ("what", "count"), rows, right=1)
    if len(session.timelines) > 1:
        names = [(one or "(shared)",) for one in session.timelines]
        print_table("timelines", ("name",), names)


def print_connections(connections: Iterable[ConnectionState]) -> None:
    """Print connections."""
    rows = [
        (
            str(one.number),
            one.market,
            one.client,
            one.path,
            " ".join(one.subscriptions),
            f"{one.sent_messages:,}",
            bytes_text(one.sent_bytes),
        )
        for one in connections
    ]
    head = ("number", "market", "client", "path", "subscriptions", "messages", "sent")
    print_table("connections", head, rows, right=2)
    if not rows:
        click.echo("no connection is open")


def entry_line(entry: Entry) -> str:
    """Return an entry of a transcript on one line."""
    told = msgspec.to_builtins(entry)
    seq, at_ns, kind = told.pop("seq"), told.pop("at_ns"), told.pop("kind")
    told.pop("now_ns")
    if isinstance(entry, ClockEntry):
        words = clock_line(entry.clock)
    else:
        words = " ".join(f"{name}={_word(value)}" for name, value in told.items())
    line = f"{seq:>6}  {time_text(at_ns)}  {kind:<11} {words}".rstrip()
    return line if len(line) <= _LINE_CHARACTERS else line[: _LINE_CHARACTERS - 1] + "…"


def _word(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return printable(text)
