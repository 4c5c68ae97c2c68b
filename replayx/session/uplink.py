"""An uplink: what a client sends, once toxics have carried it, as a server reads it."""

from collections.abc import Iterator

from replayx.framing import BINARY, CLOSE, PING, PONG, TEXT, header_bytes
from replayx.limits import MESSAGE_BYTES_MAX
from replayx.session.inputs import MessageReceived, PingReceived, PongReceived

ClientInput = MessageReceived | PingReceived | PongReceived

_FIN = 0x80
_RESERVED = 0x70
_OPCODE = 0x0F
_CONTINUATION = 0x0
_DATA = (_CONTINUATION, TEXT, BINARY)


class BrokenFrame(ValueError):
    """Frames that no server reads on from (RFC 6455 section 5.2: it fails the connection)."""


class Uplink:
    """Reads the frames of one connection, in whatever pieces they come."""

    def __init__(self, connection: int) -> None:
        self._connection = connection
        self._bytes = bytearray()
        self._message = bytearray()

    def read(self, data: bytes | memoryview) -> Iterator[ClientInput]:
        """Yield what the client has said with this, as inputs. Raises BrokenFrame."""
        self._bytes += data
        while (size := self._frame_size()) is not None and len(self._bytes) >= size:
            first = self._bytes[0]
            payload = bytes(self._bytes[header_bytes(self._bytes[1]) : size])
            del self._bytes[:size]
            said = self._said(first, payload)
            if said is not None:
                yield said

    def _frame_size(self) -> int | None:
        """Return how many bytes the first frame has; None: its header is not whole."""
        if len(self._bytes) < 2:
            return None
        second = self._bytes[1]
        if second & _FIN:  # toxics see frames unmasked
            raise BrokenFrame("a frame that is masked twice")
        header = header_bytes(second)
        if len(self._bytes) < header:
            return None
        length = second if header == 2 else int.from_bytes(self._bytes[2:header])
        if length > MESSAGE_BYTES_MAX:
            raise BrokenFrame(f"a frame of {length} bytes")
        return header + length

    def _said(self, first: int, payload: bytes) -> ClientInput | None:
        opcode = first & _OPCODE
        if first & _RESERVED or (opcode not in _DATA and opcode not in (PING, PONG, CLOSE)):
            raise BrokenFrame(f"a frame that begins with {first:#04x}")
        if opcode == PING:
            return PingReceived(self._connection, payload)
        if opcode == PONG:
            return PongReceived(self._connection, payload)
        if opcode == CLOSE:
            return None  # the connection's end is told when it has ended
        self._message += payload
        if len(self._message) > MESSAGE_BYTES_MAX:
            raise BrokenFrame(f"a message of {len(self._message)} bytes")
        if not first & _FIN:
            return None
        message, self._message = bytes(self._message), bytearray()
        return MessageReceived(self._connection, message)
