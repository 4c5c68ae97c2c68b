"""`replayx ctl`: command a running replay from the shell."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from replayx.cli.ctl_faults import faults
from replayx.cli.ctl_limits import limits
from replayx.errors import InvalidOption

if TYPE_CHECKING:
    from replayx.cli.control_client import ControlClient
    from replayx.cli.control_places import ControlPlace
    from replayx.session.effects import ClockState

_EPILOG = """\b
Examples:
  replayx ctl status
  replayx ctl pause
  replayx ctl speed 10
  replayx ctl seek +30s
  replayx ctl step --messages 10
  replayx ctl run-until --channel 'btcusdt@*' --price-crosses 60000
  replayx ctl faults add latency:50ms@ws
  replayx ctl limits set venue
  replayx ctl --json transcript --follow | jq .kind
\b
Without --url it finds the replay of the same user, or the one that REPLAYX_CONTROL names.
\b
Exit codes: 0 done, 1 not reached: the timeout came first, or the tape's end; 2 wrong option, or
refused by the replay; 3 unreadable ready file, 5 no replay answers.
"""

# How often a transcript that is followed is asked for more.
_LOOK_S = 0.5


@click.group(epilog=_EPILOG)
@click.option("--url", envvar="REPLAYX_CONTROL", help="The control API's URL, as replay prints it.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Take the URL from this file.")
@click.option("--token", envvar="REPLAYX_CONTROL_TOKEN", default="", help="Its token, if any.")
@click.option("--timeline", default="", metavar="NAME", help="A private timeline.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Command a running replay: its clock, its connections, its transcript."""
    context.obj = Desk(**given)


class Desk:
    """The replay that is meant, and how to tell what it says."""

    def __init__(
        self, *, url: str | None, ready_file: Path | None, token: str, timeline: str, as_json: bool
    ) -> None:
        self._url, self._ready_file = url, ready_file
        self._token, self._timeline = token, timeline
        self.as_json = as_json

    def client(self) -> "ControlClient":
        """Return a client of the replay. Raises InvalidOption."""
        from replayx.cli.control_client import ControlClient

        url, token = self._url, self._token
        if self._ready_file is not None:
            url = _url_in(self._ready_file)
        if url is None:
            place = _chosen()
            url, token = place.control, token or place.token
        return ControlClient(url, token, self._timeline)

    def tell_clock(self, clock: "ClockState") -> None:
        """Print where the clock stands."""
        from replayx.cli.control_board import clock_line
        from replayx.cli.facts import print_json

        if self.as_json:
            print_json(clock)
        else:
            click.echo(clock_line(clock))

    def clock_command(self, method: str, path: str, body: object) -> "ClockState":
        """Give a command to the clock, and tell where it stands then."""
        from replayx.session.effects import ClockState

        clock = self.client().send(method, path, ClockState, body)
        self.tell_clock(clock)
        return clock


def _url_in(path: Path) -> str:
    """Return the URL in a ready file. Raises InvalidOption."""
    import msgspec

    try:
        ready = msgspec.json.decode(path.read_bytes())
        url = ready["control"]
    except (OSError, msgspec.DecodeError, TypeError, KeyError) as error:
        raise InvalidOption(
            "no control URL in it", where=f"--ready-file {path}", hint="See `replayx replay --help`"
        ) from error
    return str(url)


def _chosen() -> "ControlPlace":
    """Return the replay that runs; if there are several, ask. Raises InvalidOption."""
    from replayx.cli.control_places import folder, found

    places = found()
    if not places:
        raise InvalidOption(
            f"no replay runs: none has left its address in {folder()}",
            hint="Start `replayx replay`, or give --url",
        )
    if len(places) == 1:
        return places[0]
    told = [f"{one.control} ({', '.join(one.cassettes)}; process {one.pid})" for one in places]
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InvalidOption(
            f"{len(places)} replays run: {', '.join(told)}", expected="one", hint="Give --url"
        )
    for number, line in enumerate(told, 1):
        click.echo(f"{number}  {line}", err=True)
    chosen = click.prompt("Which", type=click.IntRange(1, len(places)), err=True)
    return places[chosen - 1]


# ---- the clock


@command.command()
@click.pass_obj
def status(desk: Desk) -> None:
    """Tell what is played, where, and where the clock stands."""
    from replayx.cli.control_board import print_session
    from replayx.cli.facts import print_json
    from replayx.server.control.definitions import SessionState

    session = desk.client().get("/session", SessionState)
    if desk.as_json:
        print_json(session)
    else:
        print_session(session)


@command.command()
@click.pass_obj
def pause(desk: Desk) -> None:
    """Let the tape stand still."""
    desk.clock_command("PATCH", "/clock", {"paused": True})


@command.command()
@click.pass_obj
def resume(desk: Desk) -> None:
    """Let the tape run on."""
    desk.clock_command("PATCH", "/clock", {"paused": False})


@command.command()
@click.argument("speed", metavar="N|max")
@click.pass_obj
def speed(desk: Desk, speed: str) -> None:
    """Play N times as fast from now on: 10, 0.5, 1/3, or max."""
    desk.clock_command("PATCH", "/clock", {"speed": speed})


# `-10s` is a place to go, and no option.
@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("to", metavar="TIME")
@click.pass_obj
def seek(desk: Desk, to: str) -> None:
    """Go to TIME: +30s or -10s from here, 90s from the start, an ISO or Unix time."""
    desk.clock_command("POST", "/clock/seek", {"to": to})


@command.command()
@click.option("--messages", type=click.IntRange(1), metavar="N", help="So many messages.")
@click.option("--by", metavar="DURATION", help="This long on the tape.")
@click.pass_obj
def step(desk: Desk, messages: int | None, by: str | None) -> None:
    """Go on a little, by default one message, and stand still there."""
    if messages is None and by is None:
        messages = 1
    desk.clock_command("POST", "/clock/advance", _given(messages=messages, by=by))


@command.command("run-until")
@click.option("--at", metavar="TIME", help="Stop at this time.")
@click.option("--channel", metavar="GLOB", help="Stop behind a message of this stream.")
@click.option("--event", metavar="WORD", help="Stop behind this: trade, book delta, candle ...")
@click.option("--price-crosses", metavar="PRICE", help="Stop behind the trade that passes this.")
@click.option("--timeout", metavar="DURATION", help="Pause and give up after this long.")
@click.pass_obj
def run_until(desk: Desk, /, **given: str | None) -> None:
    """Run until something happens, and stand still there."""
    from replayx.errors import ExitCode

    clock = desk.clock_command("POST", "/clock/run-until", _given(**given))
    if clock.ended and given["at"] is None:
        raise SystemExit(ExitCode.FOUND)


@command.command()
@click.pass_obj
def reset(desk: Desk) -> None:
    """Go back to how the replay began."""
    desk.clock_command("POST", "/reset", {})


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


# ---- who is there, and what was seen


@command.command()
@click.pass_obj
def connections(desk: Desk) -> None:
    """List the open connections."""
    from replayx.cli.control_board import print_connections
    from replayx.cli.facts import print_json
    from replayx.server.control.definitions import ConnectionList

    told = desk.client().get("/connections", ConnectionList).connections
    if not desk.as_json:
        print_connections(told)
        return
    for one in told:
        print_json(one)


@command.command()
@click.argument("number", type=click.IntRange(0))
@click.pass_obj
def kick(desk: Desk, number: int) -> None:
    """Close connection NUMBER as the venue would."""
    from replayx.cli.control_board import print_connections
    from replayx.cli.facts import print_json
    from replayx.server.control.definitions import ConnectionState

    told = desk.client().send("DELETE", f"/connections/{number}", ConnectionState)
    if desk.as_json:
        print_json(told)
    else:
        print_connections([told])


@command.command()
@click.option("--follow", is_flag=True, help="Go on with what comes, until interrupted.")
@click.option("--since", type=click.IntRange(0), default=0, metavar="SEQ", help="From this on.")
@click.pass_obj
def transcript(desk: Desk, *, follow: bool, since: int) -> None:
    """Tell what the replay was given and did, one line each."""
    from replayx.cli.control_board import entry_line
    from replayx.cli.facts import print_json
    from replayx.server.control.definitions import TranscriptPage

    client, never = desk.client(), threading.Event()
    while True:
        page = client.get("/transcript", TranscriptPage, since=since)
        for entry in page.entries:
            if desk.as_json:
                print_json(entry)
            else:
                click.echo(entry_line(entry))
        since = page.next
        if not page.entries:
            if not follow:
                return
            sys.stdout.flush()
            never.wait(_LOOK_S)


@command.command()
@click.pass_obj
def unmatched(desk: Desk) -> None:
    """Tell the requests that the tape could not answer."""
    from replayx.cli.control_board import entry_line
    from replayx.cli.facts import print_json
    from replayx.server.control.definitions import UnmatchedPage

    requests = desk.client().get("/requests/unmatched", UnmatchedPage).requests
    for one in requests:
        if desk.as_json:
            print_json(one)
        else:
            click.echo(entry_line(one))
    if not requests and not desk.as_json:
        click.echo("every request had an answer")


@command.command()
@click.pass_obj
def metrics(desk: Desk) -> None:
    """Print the figures in Prometheus' format."""
    click.echo(desk.client().text("/metrics"), nl=False)


command.add_command(faults)
command.add_command(limits)
