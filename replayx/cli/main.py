"""The `replayx` command: verbs found by name and loaded when asked for."""

import os
import sys
from importlib import import_module
from types import MappingProxyType
from typing import IO, Any

import click

from replayx import __version__
from replayx.errors import ReplayxError

# Verb -> what it does. Each is replayx/cli/<verb>.py with a click command called `command`; its
# text stands here too, so that `replayx --help` loads none of them.
VERBS = MappingProxyType(
    {
        "demo": "Replay the bundled cassette and watch it.",
        "record": "Record a market, through a proxy or by itself.",
        "replay": "Replay cassettes to unmodified clients.",
        "ctl": "Command a running replay.",
        "faults": "Tell which faults there are, and check plans of them.",
        "diff": "Tell where two runs part.",
        "shrink": "Make a failing plan and window as small as they still fail.",
        "inspect": "Tell what cassettes hold.",
        "cat": "Print a cassette as NDJSON.",
        "verify": "Check every byte of cassettes.",
        "repair": "Save what is readable of a damaged cassette.",
        "export": "Write a cassette as NDJSON files.",
        "import": "Make a cassette of NDJSON captures.",
        "repack": "Rewrite a cassette: smaller, trimmed or filtered.",
        "index": "Keep what replay needs to know of the market beside cassettes.",
    }
)

# What a shell reports for a program that SIGINT or SIGPIPE ended: 128 + the signal's number.
_INTERRUPTED, _BROKEN_PIPE = 130, 141


class ReaderGone(Exception):
    """Whoever read stdout has gone away, as `head` does."""


class Failure(click.ClickException):
    """A ReplayxError as the command line tells it: one message, its exit code, no traceback."""

    def __init__(self, error: ReplayxError) -> None:
        super().__init__(str(error))
        # click declares it for the class, and reads it from the instance.
        self.exit_code = int(error.exit_code)  # type: ignore[misc]

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on stderr."""
        click.echo(f"error: {self.message}", err=True, file=file)


class Verbs(click.Group):
    """The group of verbs, loaded by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the verbs' names."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a verb."""
        if cmd_name not in VERBS:
            return None
        # `import` is no name for a module that others import.
        module = "import_" if cmd_name == "import" else cmd_name
        command = import_module(f"replayx.cli.{module}").command
        assert isinstance(command, click.Command)
        command.name = cmd_name
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; a ReplayxError ends it with its message and exit code."""
        try:
            return super().invoke(ctx)
        except ReplayxError as error:
            raise Failure(error) from error
        except BrokenPipeError as error:
            raise ReaderGone from error  # click would make it exit code 1, which means "found"


_EPILOG = """\b
Examples:
  replayx record binance-spot --upstream testnet --out btc.rpx
  replayx replay btc.rpx --port 8080
  replayx inspect btc.rpx
  replayx cat btc.rpx --channel 'btcusdt@*' --limit 10
\b
Exit codes: 0 done, 1 found (damage, unmatched requests), 2 wrong option, 3 unusable input,
4 storage, 5 upstream, 130 interrupted. Help on a verb: replayx VERB --help
"""


@click.group(cls=Verbs, epilog=_EPILOG, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="replayx", message="%(prog)s %(version)s")
def group() -> None:
    """Record what exchanges say and replay it: a flight recorder for their APIs."""


def main() -> None:
    """Run the command line and exit."""
    try:
        code = group.main(prog_name="replayx", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(_INTERRUPTED)
    except (ReaderGone, BrokenPipeError):
        # Nobody reads on: give Python's own flush at exit somewhere to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    sys.exit(code if isinstance(code, int) else 0)
