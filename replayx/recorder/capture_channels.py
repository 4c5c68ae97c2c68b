"""Which channel a captured message belongs to: by its `stream`, or as its venue says."""

from types import MappingProxyType

from replayx.cassette.records import Channel, ChannelKind
from replayx.recorder.capture_survey import Place, envelope_of
from replayx.recorder.pack_ahead import PackAhead
from replayx.venues.venue import Carried, Envelope, Subscription

_KINDS = MappingProxyType({kind.name.lower(): kind for kind in ChannelKind})


class ImportedConnection:
    """A connection of a capture, with the subscription its venue keeps for it."""

    def __init__(self, number: int, place: Place, target: str) -> None:
        self.number = number
        self.place = place
        self.subscription: Subscription | None = None
        if place.venue is not None:
            subscription = place.venue.open(target)
            if isinstance(subscription, Subscription):
                self.subscription = subscription
        # The last channel of each stream: (number, prefix, suffix).
        self.streams: dict[str, tuple[int, bytes, bytes]] = {}

    def follow(self, message: bytes) -> None:
        """Apply what the client sent."""
        if self.place.venue is not None and self.subscription is not None:
            self.place.venue.command(self.subscription, message)

    def carried(self, stream: str | None, payload: bytes) -> Carried:
        """Return a message's channel; the capture's own `stream` wins over the venue's word."""
        told = None
        if self.place.venue is not None and self.subscription is not None:
            told = self.place.venue.carried(self.subscription, payload)
        if stream is None:
            return told or Carried("", "opaque", Envelope(b"", b""))
        kind = told.kind if told is not None and told.kind == "user" else "stream"
        return Carried(stream, kind, Envelope(*envelope_of(stream, payload)))


class ChannelTable:
    """The channels declared so far, one a connection, name, kind and envelope."""

    def __init__(self, writer: PackAhead) -> None:
        self._writer = writer
        self._numbers: dict[tuple[int, Carried], int] = {}

    def number(self, connection: ImportedConnection, stream: str | None, payload: bytes) -> int:
        """Return the channel number of a message, declaring the channel if it is new."""
        if stream is None:
            return self._declared(connection, connection.carried(None, payload))
        known = connection.streams.get(stream)
        if known is not None and _fits(payload, known[1], known[2]):
            return known[0]
        carried = connection.carried(stream, payload)
        number = self._declared(connection, carried)
        connection.streams[stream] = (number, *carried.envelope)
        return number

    def _declared(self, connection: ImportedConnection, carried: Carried) -> int:
        key = (connection.number, carried)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            channel = Channel(
                number,
                connection.place.market,
                carried.name,
                _KINDS[carried.kind],
                connection.number,
                carried.envelope.prefix,
                carried.envelope.suffix,
            )
            self._writer.declare(channel)
        return number


def _fits(payload: bytes, prefix: bytes, suffix: bytes) -> bool:
    """Say whether a payload stands in this envelope; what begins like one is never raw."""
    if not prefix:
        return not payload.startswith(b'{"stream":')
    return payload.startswith(prefix) and payload.endswith(suffix)
