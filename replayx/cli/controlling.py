"""The control API of a replay that runs: opened, announced to `replayx ctl`, and taken back."""

import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from replayx.errors import InvalidOption, StorageFailure

if TYPE_CHECKING:
    from replayx.server.replay_server import ReplayServer

_ADDRESS = re.compile(r"(?:\[(?P<bare>[^\]]*)\]|(?P<host>[^:]*)):(?P<port>[0-9]{1,5})")
_PORT_MAX = 65535


class ControlAddress(NamedTuple):
    """Where the control API listens, and what it asks for."""

    host: str
    port: int
    token: str


def parse_control(text: str, token: str) -> ControlAddress | None:
    """Return where to listen, None for `off`. Raises InvalidOption."""
    if text == "off":
        return None
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > _PORT_MAX:
        raise InvalidOption(
            repr(text), expected="HOST:PORT such as 127.0.0.1:0, or off", where="--control"
        )
    return ControlAddress(match["bare"] or match["host"] or "", int(match["port"]), token)


@asynccontextmanager
async def controlling(
    server: "ReplayServer", address: ControlAddress | None, cassettes: Sequence[Path]
) -> AsyncIterator[str]:
    """Listen for commands to a server that has started; gives the URL, empty if it is off.

    Raises InvalidOption.
    """
    if address is None:
        yield ""
        return
    from replayx.server.control.control_port import ControlPort
    from replayx.server.control.served_run import ServedRun

    port = ControlPort(ServedRun(server), address.host, token=address.token)
    try:
        url = await port.start(address.port)
        left = _leave(url, address.token, cassettes)
        try:
            yield url
        finally:
            if left is not None:
                left.unlink(missing_ok=True)
    finally:
        await port.stop()


def _leave(url: str, token: str, cassettes: Sequence[Path]) -> Path | None:
    """Leave the address where `replayx ctl` finds it; a replay runs without that, too."""
    from replayx.cli.control_places import ControlPlace, leave

    names = tuple(str(path) for path in cassettes)
    try:
        return leave(ControlPlace(os.getpid(), url, token, names))
    except StorageFailure as error:
        click.secho(f"warning: {error}; `replayx ctl` needs --url", fg="yellow", err=True)
        return None
