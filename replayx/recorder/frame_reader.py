"""WebSocket frames out of a stream of bytes, kept as they came.

A relay hands on what it received, so a message carries its wire image: for a message in one frame,
the very bytes. Messages in fragments are held until they are whole (RFC 6455, 5.4). No I/O.
"""

from enum import Enum
from typing import NamedTuple

from replayx.framing import CLOSE
from replayx.limits import MESSAGE_BYTES_MAX

# RFC 6455, 5.2: first byte FIN, RSV1-3, opcode; second byte MASK, length.
_FIN, _RSV, _OPCODE = 0x80, 0x70, 0x0F
_MASK, _LENGTH = 0x80, 0x7F
_CONTINUATION = 0x0
_OPCODES = frozenset((0x0, 0x1, 0x2, 0x8, 0x9, 0xA))
_CONTROL_BYTES_MAX = 125  # RFC 6455, 5.5
_EXTENSION_BYTES = (0,) * 126 + (2, 8)


class Side(Enum):
    """Who sent the frames: a client masks them, a venue does not (RFC 6455, 5.1)."""

    CLIENT = "client"
    VENUE = "venue"


class Message(NamedTuple):
    """A whole message or control frame. `wire` is how it came."""

    opcode: int
    payload: bytes
    wire: bytes


class BrokenFrame(Exception):
    """The peer broke the WebSocket protocol; `code` is the close code that says so."""

    def __init__(self, found: str, code: int = 1002) -> None:
        super().__init__(found)
        self.code = code


class FrameReader:
    """Cuts bytes into messages. Once `broken` is set it must not be fed again."""

    def __init__(self, side: Side) -> None:
        self._is_masked = side is Side.CLIENT
        self._buffer = bytearray()
        self._needed = 2  # bytes that must be there before another look is worth it
        self._opcode = _CONTINUATION  # of the message whose fragments are being gathered
        self._payloads: list[bytes] = []
        self._wires: list[bytes] = []
        self._gathered = 0
        self.broken: BrokenFrame | None = None

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that are whole now, those before a broken frame included."""
        messages: list[Message] = []
        try:
            self._cut(data, messages)
        except BrokenFrame as error:
            self.broken = error
        return messages

    def _cut(self, data: bytes, messages: list[Message]) -> None:
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        position = 0
        while frame := self._next(data, position):
            start, position = position, frame[2]
            first = data[start]
            if first & _FIN and not self._opcode and first & _OPCODE:
                messages.append(Message(first & _OPCODE, frame[1], data[start:position]))
            else:
                self._gather(first, frame[1], data[start:position], messages)
        self._buffer += data[position:]

    def _next(self, data: bytes, start: int) -> tuple[int, bytes, int] | None:
        """Return (opcode, payload, end) of the frame at `start`; None if it is not all there."""
        available = len(data) - start
        if available < 2:
            self._needed = 2
            return None
        second = data[start + 1]
        extension = _EXTENSION_BYTES[second & _LENGTH]
        head = 2 + extension + (4 if second & _MASK else 0)
        if available < head:
            self._needed = head
            return None
        length = second & _LENGTH
        if extension:
            length = int.from_bytes(data[start + 2 : start + 2 + extension], "big")
        self._check(data[start], second, length)
        end = start + head + length
        if end > len(data):
            self._needed = head + length
            return None
        payload = data[start + head : end]
        if second & _MASK:
            payload = unmask(payload, data[start + head - 4 : start + head])
        return data[start] & _OPCODE, payload, end

    def _check(self, first: int, second: int, length: int) -> None:
        opcode = first & _OPCODE
        if first & _RSV or opcode not in _OPCODES:
            raise BrokenFrame(f"a frame that begins with {first:02x}")
        if bool(second & _MASK) != self._is_masked:
            raise BrokenFrame("a frame that is masked" if second & _MASK else "a frame unmasked")
        if opcode >= CLOSE and (length > _CONTROL_BYTES_MAX or not first & _FIN):
            raise BrokenFrame(f"a control frame of {length} bytes, or in fragments")
        if opcode < CLOSE and bool(opcode) == bool(self._opcode):
            raise BrokenFrame("a fragment out of order")
        if length + self._gathered > MESSAGE_BYTES_MAX:
            raise BrokenFrame(f"a message of more than {MESSAGE_BYTES_MAX} bytes", 1009)

    def _gather(self, first: int, payload: bytes, wire: bytes, messages: list[Message]) -> None:
        """Take a fragment, or a control frame between fragments."""
        opcode = first & _OPCODE
        if opcode >= CLOSE:
            messages.append(Message(opcode, payload, wire))
            return
        self._opcode = self._opcode or opcode
        self._payloads.append(payload)
        self._wires.append(wire)
        self._gathered += len(payload)
        if first & _FIN:
            whole = Message(self._opcode, b"".join(self._payloads), b"".join(self._wires))
            messages.append(whole)
            self._payloads, self._wires = [], []
            self._opcode, self._gathered = _CONTINUATION, 0


def unmask(payload: bytes, key: bytes) -> bytes:
    """Return `payload` masked or unmasked with a key of four bytes (RFC 6455, 5.3)."""
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(size, "big")


def close_status(payload: bytes) -> tuple[int, str]:
    """Return (code, reason) of a close frame; 1005 where it has none (RFC 6455, 7.1.5)."""
    if len(payload) < 2:
        return 1005, ""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode(errors="replace")


def close_payload(code: int, reason: str) -> bytes:
    """Return what a close frame carries; the reason is cut to fit a control frame."""
    cut = reason.encode()[: _CONTROL_BYTES_MAX - 2].decode(errors="ignore")
    return code.to_bytes(2, "big") + cut.encode()
