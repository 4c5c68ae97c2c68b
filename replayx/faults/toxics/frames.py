"""oversize, invalid_frame, fragment: messages framed as no client expects, or as few test for."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import ClassVar, Literal

from replayx.faults.attributes import Count, Size
from replayx.faults.flow import Flow, Part
from replayx.faults.link import Carrier, Link
from replayx.faults.parts import changed, reframed, standing, unframed
from replayx.faults.toxic import Draws, LinkToxic, Stage, Toxic
from replayx.framing import BINARY, TEXT, frame, frame_header, header_bytes
from replayx.limits import MESSAGE_BYTES_MAX, MIB, OVERSIZE_BYTES_MAX

# RFC 6455, 5.2: bits of a frame's first two bytes.
_FIN, _RSV1, _MASK = 0x80, 0x40, 0x80
# RFC 6455, 5.2: "%x3-7 are reserved for further non-control frames".
_RESERVED_OPCODE = 0x3
_CONTINUATION = 0x0
# A byte that occurs in no UTF-8 text (RFC 3629, 1).
_NO_UTF8 = b"\xff"


class _Reframing:
    """Puts other frames in place of messages. Control frames are short and whole: they stay."""

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Reframe what fired."""
        del draws
        touched: list[int] = []

        def reframe(part: Part, k: int) -> tuple[Part, ...]:
            framed = bytes(flow.bytes_of(part))
            data = self._frames(framed) if framed[0] & 0x0F in (TEXT, BINARY) else None
            if data is None:
                return (part,)
            touched.append(k)
            return (part._replace(data=data),)

        flow.parts = changed(flow.parts, standing(flow, fired), reframe)
        return sorted(set(touched))

    def _frames(self, framed: bytes) -> bytes | None:
        raise AssertionError(f"{type(self).__name__} frames none of {len(framed)} bytes")


class Oversize(Toxic, frozen=True, kw_only=True):
    """Messages are padded with spaces to `size`, more than clients take (aiohttp: 4 MiB)."""

    type: ClassVar[str] = "oversize"
    source: ClassVar[str] = "RFC 6455, 7.4.1: 1009; aiohttp max_msg_size, websockets max_size"
    stage: ClassVar[Stage] = Stage.FRAME

    size: Size = Size(5 * MIB)

    def __post_init__(self) -> None:
        """Raises ValueError for more than a message may have."""
        if self.size > MESSAGE_BYTES_MAX:
            raise ValueError(f"size {self.size}; expected at most {MESSAGE_BYTES_MAX} bytes")

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what blows up messages of a link."""
        return None if link.carrier is Carrier.REST else PaddedLink(self.size)


class PaddedLink(_Reframing):
    """Pads messages, until it has sent so many bytes that memory would be at stake."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = OVERSIZE_BYTES_MAX

    def _frames(self, framed: bytes) -> bytes | None:
        payload = unframed(framed)
        if len(payload) >= self._size or self._left < self._size:
            return None
        self._left -= self._size
        return reframed(framed, payload.ljust(self._size))


class InvalidFrame(Toxic, frozen=True, kw_only=True):
    """Messages come in frames that break RFC 6455, on which a client has to fail the connection.

    how: `reserved_bit`: RSV1 without an extension. `opcode`: one that means nothing. `masked`: as
    only clients may. `utf8`: text that is none.
    """

    type: ClassVar[str] = "invalid_frame"
    source: ClassVar[str] = "RFC 6455, 5.1, 5.2 and 8.1"
    stage: ClassVar[Stage] = Stage.FRAME
    cuts: ClassVar[bool] = True

    how: Literal["reserved_bit", "opcode", "masked", "utf8"] = "reserved_bit"

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what frames messages of a link wrongly."""
        return None if link.carrier is Carrier.REST else MisframingLink(_MISFRAMED[self.how])


class MisframingLink(_Reframing):
    """Frames messages wrongly."""

    def __init__(self, misframed: Callable[[bytes], bytes]) -> None:
        self._misframed = misframed

    def _frames(self, framed: bytes) -> bytes | None:
        return self._misframed(framed)


def reserved_bit(framed: bytes) -> bytes:
    """Return a frame with a bit that only extensions use."""
    return bytes((framed[0] | _RSV1,)) + framed[1:]


def reserved_opcode(framed: bytes) -> bytes:
    """Return a frame of a kind that there is not."""
    return bytes((_FIN | _RESERVED_OPCODE,)) + framed[1:]


def masked(framed: bytes) -> bytes:
    """Return a frame as a client sends it, under the mask 0, which changes no byte."""
    start = header_bytes(framed[1])
    return bytes((framed[0], framed[1] | _MASK)) + framed[2:start] + bytes(4) + framed[start:]


def not_utf8(framed: bytes) -> bytes:
    """Return a text frame whose payload is no UTF-8."""
    return frame(unframed(framed) + _NO_UTF8, TEXT)


_MISFRAMED = MappingProxyType(
    {
        "reserved_bit": reserved_bit,
        "opcode": reserved_opcode,
        "masked": masked,
        "utf8": not_utf8,
    }
)


class Fragment(Toxic, frozen=True, kw_only=True):
    """A message comes as several frames, which is allowed, and which few clients ever meet."""

    type: ClassVar[str] = "fragment"
    source: ClassVar[str] = "RFC 6455, 5.4"
    stage: ClassVar[Stage] = Stage.FRAME

    pieces: Count = 2

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what divides messages of a link."""
        return None if link.carrier is Carrier.REST else FragmentingLink(self.pieces)


class FragmentingLink(_Reframing):
    """Divides messages into frames: no more of them than a payload has bytes."""

    def __init__(self, pieces: int) -> None:
        self._pieces = pieces

    def _frames(self, framed: bytes) -> bytes | None:
        payload = unframed(framed)
        count = min(self._pieces, len(payload))
        # What another toxic broke on purpose is left as it is.
        if count < 2 or framed[0] & 0xF0 != _FIN or framed[1] & _MASK:
            return None
        bounds = [len(payload) * number // count for number in range(count + 1)]
        opcode = framed[0] & 0x0F
        frames: list[bytes] = []
        for number in range(count):
            piece = payload[bounds[number] : bounds[number + 1]]
            header = frame_header(len(piece), _CONTINUATION if number else opcode)
            if number < count - 1:
                header = bytes((header[0] & ~_FIN,)) + header[1:]
            frames += header, piece
        return b"".join(frames)
