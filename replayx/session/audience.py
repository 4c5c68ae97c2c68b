"""The audience: the open connections, and the views that those with one subscription share."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from replayx.cassette.records import Channel
from replayx.session.connection import Connection
from replayx.timeline.view import View

if TYPE_CHECKING:
    from replayx.session.derived_streams import DerivedStreams

Wanted = dict[str, tuple[bytes, bytes]]
_NOTHING: "Mapping[str, DerivedStreams]" = MappingProxyType({})


class Audience:
    """Who is connected, and who watches what. `liveness_ns` is when the first timer is due.

    `watcher_count` is how many connections watch something.
    """

    def __init__(
        self,
        channels: Sequence[Mapping[int, Channel]],
        *,
        derived: "Mapping[str, DerivedStreams]" = _NOTHING,
    ) -> None:
        """Take the channels of the tape's sources and, by market, what is derived from them."""
        self._channels = channels
        self._derived = derived
        self._connections: dict[int, Connection] = {}
        self._watchers: dict[View, tuple[int, ...]] = {}
        self._view_of: dict[tuple[str, tuple[tuple[str, tuple[bytes, bytes]], ...]], View] = {}
        self.liveness_ns: int | None = None
        self.watcher_count = 0

    @property
    def watchers(self) -> Mapping[View, tuple[int, ...]]:
        """The views that are watched, each with the connections that get it."""
        return self._watchers

    def numbers(self) -> list[int]:
        """Return the numbers of the open connections."""
        return list(self._connections)

    def get(self, number: int) -> Connection | None:
        """Return a connection, if it is open."""
        return self._connections.get(number)

    def due(self, now_ns: int) -> list[Connection]:
        """Return the connections one of whose timers is due."""
        if self.liveness_ns is None or now_ns < self.liveness_ns:
            return []
        return [one for one in self._connections.values() if one.deadline_ns <= now_ns]

    def note_liveness(self) -> None:
        """Note when the first timer is due. To be called after a connection's timers changed."""
        deadlines = (connection.deadline_ns for connection in self._connections.values())
        self.liveness_ns = min(deadlines, default=None)

    def add(self, connection: Connection) -> None:
        """Take a connection, which watches nothing yet."""
        self._connections[connection.number] = connection
        self.note_liveness()

    def remove(self, number: int) -> None:
        """Forget a connection, if it is open."""
        connection = self._connections.pop(number, None)
        if connection is not None:
            self._leave(connection)
            self.note_liveness()

    def watch(self, connection: Connection) -> bool:
        """Give a connection the view its subscription asks for now; say whether it has one."""
        wanted = _wanted(connection)
        self._leave(connection)
        if not wanted:
            return False
        key = (connection.market, tuple(sorted(wanted.items())))
        view = self._view_of.get(key)
        if view is None:
            view = self._view_of[key] = self._made(connection.market, wanted)
        connection.look(view)
        self._watchers[view] = (*self._watchers.get(view, ()), connection.number)
        self.watcher_count += 1
        return True

    def watch_anew(self) -> None:
        """Make all views anew: what is derived, or of what, is not what it was."""
        self._view_of.clear()
        for connection in self._connections.values():
            if connection.view is not None:
                self.watch(connection)

    def _made(self, market: str, wanted: Wanted) -> View:
        derived = self._derived.get(market)
        if derived is None:
            return View(market, wanted, self._channels)
        return View(
            market,
            wanted,
            self._channels,
            insert=derived.insert(wanted),
            replaced=derived.replaced(wanted),
        )

    def _leave(self, connection: Connection) -> None:
        view = connection.view
        if view is None:
            return
        connection.look(None)
        self.watcher_count -= 1
        left = tuple(number for number in self._watchers[view] if number != connection.number)
        if left:
            self._watchers[view] = left
        else:
            del self._watchers[view]
            self._view_of = {key: one for key, one in self._view_of.items() if one is not view}


def _wanted(connection: Connection) -> Wanted:
    """Return the channels the connection gets, each with its envelope."""
    wanted: Wanted = {}
    for name in connection.subscription.channels:
        envelope = connection.venue.envelope(connection.subscription, name)
        if envelope is not None:
            wanted[name] = (envelope.prefix, envelope.suffix)
    return wanted
