"""The reception: handshakes, and what clients say on their connections."""

from collections.abc import Mapping

from replayx.faults.link import Carrier
from replayx.framing import PONG, frame
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork
from replayx.session.connection import Connection
from replayx.session.desk import Desk
from replayx.session.effects import AnyEffect, CloseConnection, Refuse, SendFrames
from replayx.session.handshakes import Handshakes
from replayx.session.inputs import ConnectionAsked, MessageReceived, PingReceived, PongReceived
from replayx.session.limiting import Limiting
from replayx.session.links import Links
from replayx.session.pulse import Pulse
from replayx.session.round_trips import RoundTrips
from replayx.venues.venue import Role, Subscription, Venue


class Reception:
    """Takes what comes from connections to where it is dealt with."""

    def __init__(
        self,
        venues: Mapping[str, Venue],
        audience: Audience,
        desk: Desk,
        pulse: Pulse,
        clockwork: Clockwork,
        *,
        trips: RoundTrips,
        links: Links,
        handshakes: Handshakes,
        limiting: Limiting,
    ) -> None:
        self._venues = venues
        self._audience = audience
        self._desk = desk
        self._trips = trips
        self._links = links
        self._handshakes = handshakes
        self._limiting = limiting
        self._pulse = pulse
        self._clockwork = clockwork

    def asked(self, event: ConnectionAsked, now_ns: int) -> list[AnyEffect]:
        """Accept or refuse a handshake."""
        venue = self._venues[event.market]
        opened = venue.open(event.target)
        is_api = isinstance(opened, Subscription) and opened.role is Role.WS_API
        self._links.open(event, Carrier.WSAPI if is_api else Carrier.WS, now_ns)
        limited = self._limiting.handshake(event, opened, now_ns)
        if limited is not None:
            self._links.drop(event.connection)
            refused: list[AnyEffect] = [Refuse(event.connection, limited)]
            return refused + self._limiting.sockets.close_banned(now_ns)
        return self._handshakes.take(event, opened, now_ns)

    def watch(self, connection: Connection, now_ns: int) -> list[AnyEffect]:
        """Let a connection watch what its subscription asks for now."""
        if not self._audience.watch(connection):
            return []
        is_derived = connection.view is not None and connection.view.is_derived
        wanted = self._desk.want_history(connection.market) if is_derived else []
        return [*wanted, *self._clockwork.touch(now_ns)]

    def message(self, event: MessageReceived, now_ns: int) -> list[AnyEffect]:
        """Do what a client's message says."""
        connection = self._audience.get(event.connection)
        if connection is None:
            return []
        if cut := self._limiting.sockets.heard(connection, len(event.payload), now_ns):
            return cut
        outcome = connection.venue.command(connection.subscription, event.payload)
        effects: list[AnyEffect] = []
        if outcome.request is not None:
            effects += self._trips.wsapi(connection, outcome.request, now_ns)
        if outcome.reply is not None:
            reply = self._limiting.recounted(connection, outcome.reply, now_ns)
            effects.append(SendFrames((connection.number,), frame(reply)))
            effects += self._limiting.sockets.close_banned(now_ns)
        if outcome.changed and self._audience.get(connection.number) is not None:
            effects += self.watch(connection, now_ns)
        if outcome.close is not None:
            effects.append(
                CloseConnection(connection.number, outcome.close.code, outcome.close.reason)
            )
        if any(isinstance(effect, CloseConnection) for effect in effects):
            self._pulse.forget(connection.number)
        return effects

    def ping(self, event: PingReceived, now_ns: int) -> list[AnyEffect]:
        """Answer a client's ping."""
        connection = self._audience.get(event.connection)
        if connection is None:
            return []
        if cut := self._limiting.sockets.heard(connection, len(event.payload), now_ns):
            return cut
        return [SendFrames((event.connection,), frame(event.payload, PONG))]

    def pong(self, event: PongReceived, now_ns: int) -> list[AnyEffect]:
        """Note that a client is alive. Limits count what it sends but echoes that are waited for:
        those pings are none of the venue's.
        """
        connection = self._audience.get(event.connection)
        if connection is None:
            return []
        is_echo = self._pulse.is_asked(event.connection, event.payload)
        self._pulse.pong(connection, event.payload)
        if is_echo:
            return []
        return self._limiting.sockets.heard(connection, len(event.payload), now_ns)
