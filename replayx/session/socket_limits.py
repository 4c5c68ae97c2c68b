"""Limits on connections: what a client may send, and who is closed when its address is banned."""

from collections.abc import Callable, Mapping

from replayx.faults.link import Link
from replayx.ratelimit.bucket import Bucket
from replayx.ratelimit.limiter import Limiter, Payer
from replayx.session.audience import Audience
from replayx.session.connection import Connection
from replayx.session.effects import AnyEffect, CloseConnection
from replayx.session.limit_clock import LimitClock
from replayx.session.limits_state import KEY_MARK
from replayx.session.pulse import Pulse
from replayx.venues.venue import Role

# binance-ws.md sections 2 and 3: seen on a banned address, and on too many messages at once.
_DISCONNECTED = (1008, "disconnected")
_TOO_MANY = (1008, "Too many requests")
_TOO_BIG = (1009, "")  # RFC 6455 section 7.4.1

# Clients of this machine that do not name themselves share its address.
LOOPBACK = "127.0.0.1"


class _Socket:
    """What is known of a connection that has sent something. `limiter`: whose its bucket is."""

    __slots__ = ("account", "bucket", "limiter")

    def __init__(self) -> None:
        self.account = ""
        self.limiter: Limiter | None = None
        self.bucket: Bucket | None = None


class SocketLimits:
    """Counts what connections send, and closes them.

    `limiters` are those of the markets, as they are at the time. `link_of` tells the link of a
    connection, which knows its client.
    """

    def __init__(
        self,
        limiters: Mapping[str, Limiter],
        clock: LimitClock,
        audience: Audience,
        pulse: Pulse,
        *,
        link_of: Callable[[int], Link | None],
    ) -> None:
        self._limiters = limiters
        self._clock = clock
        self._audience = audience
        self._pulse = pulse
        self._link_of = link_of
        self._sockets: dict[int, _Socket] = {}

    def heard(self, connection: Connection, size: int, now_ns: int) -> list[AnyEffect]:
        """Count a message, ping or pong of a client; return the close, if it was one too many."""
        limiter = self._limiters.get(connection.market)
        if limiter is None:
            return []
        number = connection.number
        message_bytes_max = limiter.rules.sockets.message_bytes_max
        if message_bytes_max is not None and size > message_bytes_max:
            return self._close([number], *_TOO_BIG)
        socket = self._sockets.setdefault(number, _Socket())
        if socket.limiter is not limiter:
            socket.limiter, socket.bucket = limiter, limiter.bucket()
        time_ns = self._clock.now_ns(limiter, now_ns)
        if socket.bucket is None or socket.bucket.take(time_ns):
            return []
        limiter.cut(self.payer(number, "").address, time_ns)
        return [*self._close([number], *_TOO_MANY), *self.close_banned(now_ns)]

    def close_banned(self, now_ns: int) -> list[AnyEffect]:
        """Close the WS-API connections of those who are banned; to be called after a refusal."""
        if not self._limiters:
            return []
        found = (self._audience.get(number) for number in self._audience.numbers())
        banned = [one.number for one in found if one and self._is_banned(one, now_ns)]
        return self._close(banned, *_DISCONNECTED)

    def left(self, connection: int) -> None:
        """Forget a connection that is gone."""
        self._sockets.pop(connection, None)

    def payer(self, number: int, account: str) -> Payer:
        """Return who pays for what comes on a connection: the last key counts, one may log on."""
        socket = self._sockets.setdefault(number, _Socket())
        socket.account = account or socket.account
        link = self._link_of(number)
        return payer_of("" if link is None else link.client, socket.account)

    def _close(self, numbers: list[int], code: int, reason: str) -> list[AnyEffect]:
        for number in numbers:
            self._pulse.forget(number)
        return [CloseConnection(number, code, reason) for number in numbers]

    def _is_banned(self, connection: Connection, now_ns: int) -> bool:
        """Say whether a connection is one of the WebSocket API whose address is banned."""
        limiter = self._limiters.get(connection.market)
        if limiter is None or connection.subscription.role is not Role.WS_API:
            return False
        time_ns, address = self._clock.now_ns(limiter, now_ns), self.payer(connection.number, "")
        return limiter.banned_until_ns(address.address, time_ns) is not None


def payer_of(client: str, account: str) -> Payer:
    """Return who pays. Orders of one who shows no key count for the address."""
    address = client or LOOPBACK
    return Payer(address, f"{KEY_MARK}{account}" if account else address)
