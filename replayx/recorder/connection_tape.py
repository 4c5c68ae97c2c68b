"""One WebSocket connection as it is recorded: what it carries, both ways, and what it lost.

The subscription is followed by the commands the client sends, as the venue follows it. A request
over the WebSocket API and its reply become one interaction; everything else is recorded as it is.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from replayx.cassette.records import ClientMessage, Closed, Control, Gap, Interaction, Opened
from replayx.errors import ReplayxError
from replayx.framing import CLOSE, TEXT
from replayx.limits import PENDING_REQUESTS_MAX
from replayx.recorder.frame_reader import Message, close_status
from replayx.recorder.recording import Recording
from replayx.venues.venue import Carried, HeaderPairs, Role, Subscription, Venue, WsApiRequest

_STREAM = "stream"


class Asked(NamedTuple):
    """A request over the socket that waits for its reply."""

    request: WsApiRequest
    at_ns: int


class ConnectionTape:
    """Records one connection. Every `from_...` appends before it returns."""

    def __init__(
        self,
        recording: Recording,
        venue: Venue,
        subscription: Subscription,
        *,
        watched: Mapping[str, Callable[[bytes], None]] = MappingProxyType({}),
    ) -> None:
        """`watched`: what to call with the payloads of a channel, by its name."""
        self.number = recording.connection()
        self.subscription = subscription
        self._recording = recording
        self._venue = venue
        self._watched = watched
        self._is_wsapi = subscription.role is Role.WS_API
        self._pending: dict[bytes, Asked] = {}
        self._last: dict[Carried, bytes] = {}  # per stream, to see whether messages are missing
        self._is_closed = False

    def opened(self, request_headers: HeaderPairs, response_headers: HeaderPairs) -> None:
        """Record that the handshake succeeded."""
        event = partial(
            Opened,
            connection=self.number,
            market=self._venue.name,
            role=self.subscription.role.value,
            target=self.subscription.target,
            request_headers=request_headers,
            response_headers=response_headers,
        )
        self._recording.opened(self.number, event)

    def from_venue(self, message: Message, at_ns: int) -> None:
        """Record a message, a ping, a pong or a close frame of the venue's."""
        opcode, payload, _ = message
        if opcode == CLOSE:
            self.closed(*close_status(payload), by="venue", at_ns=at_ns)
        elif opcode > CLOSE:
            event = partial(
                Control, connection=self.number, sent=False, opcode=opcode, payload=payload
            )
            self._recording.add(event, at_ns=at_ns)
        elif not (self._is_wsapi and self._answer(payload, at_ns)):
            self._received(opcode, payload, at_ns)

    def from_client(self, message: Message, at_ns: int) -> None:
        """Record a message, a ping, a pong or a close frame of the client's."""
        opcode, payload, _ = message
        if opcode == CLOSE:
            self.closed(*close_status(payload), by="client", at_ns=at_ns)
        elif opcode > CLOSE:
            event = partial(
                Control, connection=self.number, sent=True, opcode=opcode, payload=payload
            )
            self._recording.add(event, at_ns=at_ns)
        else:
            self._sent(opcode, payload, at_ns)

    def refused(self, request: WsApiRequest, reply: bytes, label: str, at_ns: int) -> None:
        """Record a request that was answered here and never reached the venue."""
        self._interaction(Asked(request, at_ns), reply, at_ns, label=label)

    def closed(self, code: int, reason: str, *, by: str, at_ns: int | None = None) -> None:
        """Record the end, once: who closes first says why."""
        if self._is_closed:
            return
        self._is_closed = True
        self._recording.ended(self.number)
        for asked in self._pending.values():  # never answered: then they are mere messages
            self._message(TEXT, asked.request.message, at_ns)
        self._pending.clear()
        event = partial(Closed, connection=self.number, code=code, reason=reason, by=by)
        self._recording.add(event, at_ns=at_ns)

    def gap(self, reason: str, *, channel: str = "", at_ns: int | None = None) -> None:
        """Record that data was lost here."""
        event = partial(
            Gap,
            market=self._venue.name,
            connection=self.number,
            channel=channel,
            reason=reason,
        )
        self._recording.add(event, at_ns=at_ns)

    def _received(self, opcode: int, payload: bytes, at_ns: int) -> None:
        carried = self._venue.carried(self.subscription, payload)
        if carried.kind == _STREAM:
            previous = self._last.get(carried)
            if previous is not None and self._venue.sequence_gap(previous, payload):
                self.gap("messages are missing", channel=carried.name, at_ns=at_ns)
            self._last[carried] = payload
            watch = self._watched.get(carried.name)
            if watch is not None:
                prefix, suffix = carried.envelope
                watch(payload[len(prefix) : len(payload) - len(suffix)])
        self._recording.message(self.number, carried, payload, at_ns=at_ns, opcode=opcode)

    def _sent(self, opcode: int, payload: bytes, at_ns: int) -> None:
        if opcode == TEXT:
            if self._venue.command(self.subscription, payload).changed:
                self._last.clear()  # what was not subscribed for a while is not missing
            request = self._venue.wsapi_request(payload) if self._is_wsapi else None
            is_new = request is not None and request.id not in self._pending
            if request is not None and is_new and len(self._pending) < PENDING_REQUESTS_MAX:
                self._pending[request.id] = Asked(request, at_ns)
                return
        self._message(opcode, payload, at_ns)

    def _message(self, opcode: int, payload: bytes, at_ns: int | None) -> None:
        event = partial(ClientMessage, connection=self.number, opcode=opcode, payload=payload)
        self._recording.add(event, at_ns=at_ns)

    def _answer(self, payload: bytes, at_ns: int) -> bool:
        """Record `payload` as the reply to a pending request; False if it is none."""
        reply_id = self._venue.wsapi_reply_id(payload)
        asked = None if reply_id is None else self._pending.pop(reply_id, None)
        if asked is None:
            return False
        self._interaction(asked, payload, at_ns)
        return True

    def _interaction(self, asked: Asked, reply: bytes, at_ns: int, *, label: str = "") -> None:
        event = partial(
            Interaction,
            market=self._venue.name,
            kind="wsapi",
            connection=self.number,
            method=asked.request.method,
            target=self.subscription.target,
            request_headers=(),
            request_body=asked.request.message,
            status=self._status(reply),
            response_headers=(),
            response_body=reply,
            latency_ns=at_ns - asked.at_ns,
            label=label,
        )
        self._recording.add(event, at_ns=at_ns)

    def _status(self, reply: bytes) -> int:
        try:
            return self._venue.wsapi_recorded(reply).status
        except ReplayxError:
            return 0  # an answer of a form the venue never documented
