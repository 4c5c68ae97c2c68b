"""A connection the recorder opens for itself: recorded like a client's, its pings answered."""

import asyncio
import base64
import secrets

from replayx.framing import CLOSE, PING, PONG
from replayx.limits import CLOSE_ANSWER_S
from replayx.recorder.connection_tape import ConnectionTape
from replayx.recorder.frame_reader import FrameReader, Message, Side, close_payload
from replayx.recorder.recording import Recording
from replayx.recorder.relay import masked
from replayx.recorder.upstream import UpstreamSocket
from replayx.venues.venue import HeaderPairs

_ABNORMAL = 1006


def handshake_headers(agent: str) -> HeaderPairs:
    """Return the headers of a handshake of our own (RFC 6455, 4.1)."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    return (
        ("User-Agent", agent),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
    )


class FeedSocket:
    """Reads and records one connection until `ended` is set."""

    def __init__(self, recording: Recording, tape: ConnectionTape, socket: UpstreamSocket) -> None:
        self.ended = asyncio.Event()
        self.last_ns = recording.stamp()  # when something was last received
        self._recording = recording
        self._tape = tape
        self._socket = socket
        self._transport = socket.transport
        self._reader = FrameReader(Side.VENUE)
        self._is_closing = False
        recording.attach(self)
        socket.start(self)

    def pause(self) -> None:
        """Stop reading: the disk is behind."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and drop the connection."""
        if self._is_closing:
            return
        self._is_closing = True
        self._tape.closed(code, reason, by="recorder")
        self._transport.write(masked(close_payload(code, reason), CLOSE))
        self._transport.close()
        asyncio.get_running_loop().call_later(CLOSE_ANSWER_S, self._transport.abort)

    def abort(self) -> None:
        """Drop a connection that says nothing any more."""
        self._transport.abort()

    def data(self, data: bytes) -> None:
        """Record what arrives and answer pings."""
        if self._is_closing:
            return
        self.last_ns = at_ns = self._recording.stamp()
        for message in self._reader.feed(data):
            self._tape.from_venue(message, at_ns)
            if message.opcode == PING:
                self._tape.from_client(Message(PONG, message.payload, b""), at_ns)
                self._transport.write(masked(message.payload, PONG))
            elif message.opcode == CLOSE:
                self._tape.gap("the venue closed the connection", at_ns=at_ns)
                self._is_closing = True
                self._transport.write(masked(message.payload, CLOSE))
                self._transport.close()
                return
        if self._reader.broken is not None:
            self._tape.gap(f"the venue broke the protocol: {self._reader.broken}")
            self.close(self._reader.broken.code, str(self._reader.broken))

    def lost(self) -> None:
        """The connection is gone."""
        if not self._is_closing:
            self._is_closing = True
            self._tape.gap("the venue dropped the connection")
            self._tape.closed(_ABNORMAL, "", by="venue")
        self._recording.detach(self)
        self._socket.release()
        self.ended.set()
