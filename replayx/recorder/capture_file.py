"""NDJSON files, plain, .gz or .zst: read line by line within bounds, and written."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import zstandard

from replayx.errors import InvalidCapture, ReplayxError, StorageFailure, WouldOverwrite
from replayx.limits import CAPTURE_LINE_BYTES_MAX

_BLOCK_BYTES = 1 << 20
# What a zstd decompressor is fed at once: a bomb makes at most 128 KiB of 4 bytes.
_ZSTD_FEED_BYTES = 1 << 12
# Measured: beyond it a text capture gains little, and writing halves in speed.
_ZSTD_LEVEL = 9
_GZIP_LEVEL = 6


class ByteSink(Protocol):
    """Where lines go."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""
        ...


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, line) of a capture, empty lines left out.

    Raises ReplayxError (cannot be opened), InvalidCapture (damaged, or a line over the limit).
    """
    number = 0
    for lines in _blocks_of_lines(path):
        for line in lines:
            number += 1
            if line and not line.isspace():
                yield number, line


def _blocks_of_lines(path: Path) -> Iterator[list[bytes]]:
    rest = b""
    for block in _blocks(path):
        if b"\n" not in block:
            rest += block
            if len(rest) > CAPTURE_LINE_BYTES_MAX:
                raise InvalidCapture(
                    f"a line of more than {len(rest)} bytes",
                    expected=f"at most {CAPTURE_LINE_BYTES_MAX}",
                    where=str(path),
                )
            continue
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield lines
    if rest:
        yield [rest]


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as raw:
            if path.suffix == ".zst":
                yield from _zstd_blocks(path, raw)
                return
            file = gzip.GzipFile(fileobj=raw, mode="rb") if path.suffix == ".gz" else raw
            while block := file.read(_BLOCK_BYTES):
                yield block
    except (zstandard.ZstdError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise ReplayxError(f"cannot read: {error.strerror or error}", where=str(path)) from error


def _zstd_blocks(path: Path, raw: BinaryIO) -> Iterator[bytes]:
    """Unpack by hand: zstandard's own reader takes a file that is cut off for one that ends."""
    decompressor = zstandard.ZstdDecompressor()
    frame = decompressor.decompressobj()
    is_between = True
    while packed := raw.read(_ZSTD_FEED_BYTES):
        while packed:
            if frame.eof:
                frame = decompressor.decompressobj()
            if block := frame.decompress(packed):
                yield block
            is_between = frame.eof
            packed = frame.unused_data if frame.eof else b""
    if not is_between:
        raise _damaged(path, "it ends too early")


def _damaged(path: Path, reason: str) -> InvalidCapture:
    return InvalidCapture(f"a damaged archive ({reason})", where=str(path))


@contextmanager
def line_sink(path: Path) -> Iterator[ByteSink]:
    """Open a new capture to write to, packed as its suffix says.

    Raises WouldOverwrite, StorageFailure. A file that could not be completed is removed.
    """
    try:
        raw = path.open("xb")
    except FileExistsError as error:
        raise WouldOverwrite(
            "the file exists", where=str(path), hint="replayx never writes over a file"
        ) from error
    except OSError as error:
        raise StorageFailure(f"cannot write: {error.strerror}", where=str(path)) from error
    try:
        with raw, _packed(path, raw) as sink:
            yield sink
    except BaseException as error:
        path.unlink()  # made above
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise StorageFailure(f"cannot write: {error.strerror}", where=str(path)) from error
        raise


def _packed(path: Path, raw: BinaryIO) -> BinaryIO:
    if path.suffix == ".zst":
        writer = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).stream_writer(raw, closefd=False)
        return cast(BinaryIO, writer)
    if path.suffix == ".gz":
        # Without name and time, the same cassette gives the same file.
        packed = gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0)
        return cast(BinaryIO, packed)
    return os.fdopen(os.dup(raw.fileno()), "wb")
