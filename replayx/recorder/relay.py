"""A WebSocket connection between a client and the venue, handed on byte for byte and recorded.

What arrives is cut into messages, recorded, and then written to the other side as it came: text,
binary, pings, pongs and close frames, each exactly once. One read is one write.

Closing: whoever sends the first close frame closes; it is handed on, and so is its answer; then
the venue drops the connection (RFC 6455, 7.1.1) and so do we. A side that drops without a close
frame is 1006 for the other one too.
"""

import asyncio
import secrets
from collections.abc import Callable

from replayx.framing import CLOSE, TEXT, frame
from replayx.limits import CLIENT_BUFFER_BYTES_MAX, CLOSE_ANSWER_S
from replayx.recorder.connection_tape import ConnectionTape
from replayx.recorder.frame_reader import FrameReader, Message, Side, close_payload, unmask
from replayx.recorder.recording import Recording

_POLICY_VIOLATION = 1008
_ABNORMAL = 1006

# Answers a client's message in the venue's place; None lets it pass.
Gate = Callable[[bytes, int], bytes | None]


def masked(payload: bytes, opcode: int) -> bytes:
    """Return a frame as a client sends it (RFC 6455, 5.3)."""
    plain = frame(payload, opcode)
    head = bytearray(plain[: len(plain) - len(payload)])
    head[1] |= 0x80
    key = secrets.token_bytes(4)
    return bytes(head) + key + unmask(payload, key)


class Relay:
    """Connects the two transports of one connection. `done` is set when both are gone."""

    def __init__(
        self,
        recording: Recording,
        tape: ConnectionTape,
        client: asyncio.Transport,
        venue: asyncio.Transport,
        *,
        gate: Gate | None = None,
    ) -> None:
        self.tape = tape
        self.done = asyncio.Event()
        self.from_venue = _End(self._venue_data, self._venue_lost)
        self.from_client = _End(self._client_data, self._client_lost)
        self._recording = recording
        self._client = client
        self._venue = venue
        self._gate = gate
        self._venue_reader = FrameReader(Side.VENUE)
        self._client_reader = FrameReader(Side.CLIENT)
        self._deadline: asyncio.TimerHandle | None = None
        self._lost = 0
        recording.attach(self)

    # ---- backpressure

    def pause(self) -> None:
        """Stop reading from the venue: the disk is behind."""
        if not self._venue.is_closing():
            self._venue.pause_reading()

    def resume(self) -> None:
        """Read from the venue again."""
        if not self._venue.is_closing():
            self._venue.resume_reading()

    # ---- closing

    def shut_down(self, code: int, reason: str) -> None:
        """Close both sides because the recorder stops."""
        self._close_both(code, reason, "recorder")

    def _close_both(self, code: int, reason: str, by: str) -> None:
        self.tape.closed(code, reason, by=by)
        payload = close_payload(code, reason)
        self._client.write(frame(payload, CLOSE))
        self._venue.write(masked(payload, CLOSE))
        self._client.close()
        self._venue.close()
        self._expect_the_end()

    def _expect_the_end(self) -> None:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(CLOSE_ANSWER_S, self._abort)

    def _abort(self) -> None:
        self._client.abort()
        self._venue.abort()

    # ---- from the venue

    def _venue_data(self, data: bytes) -> None:
        at_ns = self._recording.stamp()
        messages = self._venue_reader.feed(data)
        for message in messages:
            self.tape.from_venue(message, at_ns)
        if not self._client.is_closing():
            self._client.write(b"".join([message.wire for message in messages]))
        self._after(messages, self._venue_reader, "venue")
        if self._client.get_write_buffer_size() > CLIENT_BUFFER_BYTES_MAX:
            self._close_both(_POLICY_VIOLATION, "the client reads too slowly", "recorder")

    def _venue_lost(self) -> None:
        if self._deadline is None:
            self.tape.gap("the venue dropped the connection")
            self.tape.closed(_ABNORMAL, "", by="venue")
        # What is written still reaches the client; no close frame follows it.
        self._client.close()
        self._expect_the_end()
        self._one_lost()

    # ---- from the client

    def _client_data(self, data: bytes) -> None:
        at_ns = self._recording.stamp()
        messages = self._client_reader.feed(data)
        passed = [message for message in messages if self._passes(message, at_ns)]
        if not self._venue.is_closing():
            self._venue.write(b"".join([message.wire for message in passed]))
        self._after(messages, self._client_reader, "client")
        if self._venue.get_write_buffer_size() > CLIENT_BUFFER_BYTES_MAX:
            self._close_both(_POLICY_VIOLATION, "the venue reads too slowly", "recorder")

    def _passes(self, message: Message, at_ns: int) -> bool:
        if self._gate is not None and message.opcode == TEXT:
            reply = self._gate(message.payload, at_ns)
            if reply is not None:
                self._client.write(frame(reply))
                return False
        self.tape.from_client(message, at_ns)
        return True

    def _client_lost(self) -> None:
        if self._deadline is None:
            self.tape.closed(_ABNORMAL, "", by="client")
        self._venue.close()
        self._expect_the_end()
        self._one_lost()

    # ---- both

    def _after(self, messages: list[Message], reader: FrameReader, by: str) -> None:
        if any(message.opcode == CLOSE for message in messages):
            self._expect_the_end()
        if reader.broken is not None:
            self._close_both(reader.broken.code, str(reader.broken), by)

    def _one_lost(self) -> None:
        self._lost += 1
        if self._lost < 2:
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._recording.detach(self)
        self.done.set()


class _End:
    """One side's bytes: a Receiver that calls back, and says once that the side is lost."""

    def __init__(self, data: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._data = data
        self._lost = lost
        self._is_lost = False

    def data(self, data: bytes) -> None:
        """Take bytes as they arrive."""
        if not self._is_lost:
            self._data(data)

    def lost(self) -> None:
        """The connection is gone."""
        if not self._is_lost:
            self._is_lost = True
            self._lost()
