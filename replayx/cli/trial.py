"""A trial: one replay with one plan, and a command that is run against it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import msgspec

from replayx.errors import InvalidOption

# What `timeout` of coreutils exits with: a command that never ends is told apart by it.
TIMED_OUT = 124
_STOP_S = 10.0
# The addresses of the first market and of the control API, in the command's environment.
VARIABLES = ("REPLAYX_REST_URL", "REPLAYX_WS_URL", "REPLAYX_WSAPI_URL", "REPLAYX_CONTROL_URL")


class Ready(msgspec.Struct):
    """The first line that `replayx replay --json` prints."""

    listeners: dict[str, dict[str, str]]
    control: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is run: `replayx replay` with these arguments, then the command."""

    arguments: tuple[str, ...]
    command: tuple[str, ...]
    timeout_s: float

    def exit_code(self, *, output: IO[str] | int | None = None) -> int:
        """Run it and return the command's exit code. Raises InvalidOption if it can't be run.

        `output`: where the command's own output goes; None: nowhere.
        """
        with TemporaryFile("w+") as told:  # no pipe: a replay that warns much would wait for it
            server = subprocess.Popen(  # noqa: S603 - this program itself
                [sys.executable, "-m", "replayx", "replay", *self.arguments, "--json"],
                stdout=subprocess.PIPE,
                stderr=told,
                text=True,
            )
            try:
                return self._run(addresses(_ready(server, told)), output)
            finally:
                server.terminate()
                try:
                    server.communicate(timeout=_STOP_S)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.communicate()

    def _run(self, variables: Mapping[str, str], output: IO[str] | int | None) -> int:
        stream = subprocess.DEVNULL if output is None else output
        try:
            process = subprocess.Popen(  # noqa: S603 - what the user wants run
                self.command,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,  # so that what it started ends with it
            )
        except OSError as error:
            raise InvalidOption(
                f"{self.command[0]} cannot be run: {error.strerror}", where="COMMAND"
            ) from error
        try:
            return process.wait(self.timeout_s)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        finally:
            _end_session(process)


def addresses(ready: Ready) -> dict[str, str]:
    """Return the variables that tell a command where the first market is served."""
    urls = next(iter(ready.listeners.values()), {})
    told = (urls.get("rest"), urls.get("ws"), urls.get("wsapi"), ready.control)
    return {name: url for name, url in zip(VARIABLES, told, strict=True) if url}


def replay_arguments(
    cassettes: Sequence[Path], plan: Path, *, seed: int, speed: str, at_end: str
) -> tuple[str, ...]:
    """Return the arguments of a replay with a plan, on free ports."""
    return (
        *map(str, cassettes),
        *("--port", "0", "--control", "127.0.0.1:0"),
        *("--faults", str(plan), "--seed", str(seed)),
        *("--speed", speed, "--at-end", at_end),
    )


def _ready(server: "subprocess.Popen[str]", told: IO[str]) -> Ready:
    assert server.stdout is not None
    line = server.stdout.readline()
    try:
        return msgspec.json.decode(line, type=Ready)
    except msgspec.MsgspecError as error:
        told.seek(0)
        why = told.read().strip().removeprefix("error: ")
        raise InvalidOption(
            why or "the replay did not start",
            expected="a replay that starts",
            where="replayx replay",
        ) from error


def _end_session(process: "subprocess.Popen[bytes]") -> None:
    """End a command and what it left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has ended, and nothing is left of it
    finally:
        process.wait()
