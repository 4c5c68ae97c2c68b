"""The door: the listening sockets of a listener, which may be shut for a while.

Shut means that nobody listens: the system refuses connections. The port stays ours meanwhile, by a
socket that is bound to it and does not listen.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable

# Connections that wait to be taken: a thousand clients may reconnect at once.
_BACKLOG = 1024


class Door:
    """Opens and shuts. `is_open` is what was asked for last; to open it again takes a moment."""

    def __init__(self, factory: Callable[[], asyncio.Protocol]) -> None:
        self.is_open = False
        self._factory = factory
        self._tls: ssl.SSLContext | None = None
        self._servers: list[asyncio.Server] = []
        self._held: list[socket.socket] = []
        self._opening: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen and return the port. Raises OSError."""
        self._tls = tls
        server = await asyncio.get_running_loop().create_server(
            self._factory, host, port, ssl=tls, backlog=_BACKLOG, reuse_address=True
        )
        self._servers = [server]
        self.is_open = True
        return int(server.sockets[0].getsockname()[1])

    def shut(self) -> None:
        """Listen no more, at once, until it is opened again."""
        self.is_open = False
        listening = [one for server in self._servers for one in server.sockets]
        addresses = [(one.family, one.getsockname()) for one in listening]
        self._stop_listening()
        self._held += [_bound(family, address) for family, address in addresses]

    def reopen(self) -> None:
        """Listen again, on the same port."""
        self.is_open = True
        if self._held and self._opening is None:
            self._opening = asyncio.ensure_future(self._reopen())

    async def close(self) -> None:
        """Listen no more, and free the port."""
        self.is_open = False
        if self._opening is not None:
            await asyncio.wait((self._opening,))
        self._stop_listening()
        while self._held:
            self._held.pop().close()

    async def _reopen(self) -> None:
        loop = asyncio.get_running_loop()
        while self._held and self.is_open:
            server = await loop.create_server(
                self._factory, sock=self._held.pop(), ssl=self._tls, backlog=_BACKLOG
            )
            self._servers.append(server)
        self._opening = None
        if not self.is_open:
            self.shut()  # it was shut meanwhile

    def _stop_listening(self) -> None:
        while self._servers:
            self._servers.pop().close()


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    """Return a socket that has a port and does not listen. Raises OSError."""
    held = socket.socket(family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    held.setblocking(False)
    held.bind(address)
    return held
