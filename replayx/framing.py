"""RFC 6455 frames as a server sends them: unmasked, final, without extensions."""

import struct
from collections.abc import Iterator

# RFC 6455, 5.2: opcodes.
TEXT = 0x1
BINARY = 0x2
CLOSE = 0x8
PING = 0x9
PONG = 0xA

_FIN = 0x80
_SMALL = 126  # a length below this stands in the header's second byte
_MEDIUM = 1 << 16


_medium_header = struct.Struct("!BBH").pack
_large_header = struct.Struct("!BBQ").pack


def frame_header(length: int, opcode: int = TEXT) -> bytes:
    """Return the header of an unmasked final frame whose payload has `length` bytes."""
    if length < _SMALL:
        return bytes((_FIN | opcode, length))
    if length < _MEDIUM:
        return _medium_header(_FIN | opcode, 126, length)
    return _large_header(_FIN | opcode, 127, length)


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return `payload` as one unmasked final frame."""
    return frame_header(len(payload), opcode) + payload


def header_bytes(second: int) -> int:
    """Return the header's size, told by its second byte: 2, 4 or 10 (server frames: no mask)."""
    if second < _SMALL:
        return 2
    return 4 if second == _SMALL else 10


def split_frames(frames: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield (opcode, payload) of each whole frame in `frames`, which must hold whole frames."""
    view = memoryview(frames)
    position, end = 0, len(view)
    while position < end:
        size = header_bytes(view[position + 1])
        length = (
            view[position + 1]
            if size == 2
            else int.from_bytes(view[position + 2 : position + size], "big")
        )
        start = position + size
        assert start + length <= end, "frames are not whole"
        yield view[position] & 0x0F, view[start : start + length]
        position = start + length
