"""Run files (`.rpt`): a run's header and entries as JSON lines, packed with zstd.

Each flush is a zstd frame of its own with a checksum, so what was flushed is whole whatever happens
to the process, and `zstd -dc run.rpt` shows it. The first line is the header.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Self

import msgspec
import zstandard

from replayx.errors import DamagedRunFile, StorageFailure, WouldOverwrite
from replayx.limits import KIB, RUN_BLOCK_BYTES_MAX
from replayx.session.run_entry import RUN_VERSION, EndEntry, RunEntry, RunHeader

# Fast, for it packs beside a running session; measured on recorded runs, level 9 saves a tenth.
_LEVEL = 3
# What so few packed bytes unpack to is bounded by how zstd packs: to some 100 MB.
_READ_BYTES = 4 * KIB
# A flush is written when it has a quarter of a block, and at least a line.
_FLUSH_BYTES_MAX = RUN_BLOCK_BYTES_MAX + RUN_BLOCK_BYTES_MAX // 4
_HINT = "`replayx replay CASSETTE --write-transcript run.rpt` writes one"

_encoder = msgspec.json.Encoder()
_header_decoder = msgspec.json.Decoder(RunHeader)
_entry_decoder = msgspec.json.Decoder(RunEntry)


class RunFileWriter:
    """Writes a run file; `close` it."""

    def __init__(self, path: Path, header: RunHeader) -> None:
        """Make the file. Raises WouldOverwrite, StorageFailure."""
        self.path = path
        self._packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        try:
            self._file: IO[bytes] = path.open("xb")
        except FileExistsError as error:
            raise WouldOverwrite(f"{path} exists", hint="Choose another name") from error
        except OSError as error:
            raise _refused(path, error) from error
        self._write(_encoder.encode(header) + b"\n")

    def write(self, entries: Iterable[RunEntry]) -> None:
        """Append entries and flush them. Raises StorageFailure."""
        lines: list[bytes] = []
        size = 0
        for entry in entries:
            lines.append(_encoder.encode(entry) + b"\n")
            size += len(lines[-1])
            if size >= RUN_BLOCK_BYTES_MAX // 4:
                self._write(b"".join(lines))
                lines, size = [], 0
        if lines:
            self._write(b"".join(lines))

    def close(self) -> None:
        """Close the file. Raises StorageFailure."""
        try:
            self._file.close()
        except OSError as error:
            raise _refused(self.path, error) from error

    def _write(self, lines: bytes) -> None:
        try:
            self._file.write(self._packer.compress(lines))
            self._file.flush()
        except OSError as error:
            raise _refused(self.path, error) from error


class RunFileReader:
    """Reads a run file: the `header`, and what follows, once, by iterating.

    `damage` says, once all is read, what is missing behind the last entry, if something is.
    """

    def __init__(self, path: Path) -> None:
        """Open the file and read its header. Raises DamagedRunFile."""
        self.path = path
        self.damage = ""
        try:
            self._file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise DamagedRunFile(
                f"cannot be read: {os.strerror(error.errno or 0)}", where=str(path)
            ) from error
        self._lines = self._read_lines()
        try:
            self.header = self._header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[RunEntry]:
        entry: RunEntry | None = None
        for number, line in enumerate(self._lines, 2):
            try:
                entry = _entry_decoder.decode(line)
            except (msgspec.MsgspecError, RecursionError) as error:
                raise DamagedRunFile(
                    f"line {number} is no entry: {error}", where=str(self.path)
                ) from error
            yield entry
        if not self.damage and not isinstance(entry, EndEntry):
            self.damage = "it has no end: the run was killed, or goes on"

    def _header(self) -> RunHeader:
        line = next(self._lines, b"")
        try:
            found = msgspec.json.decode(line, type=_Version)
        except msgspec.MsgspecError as error:
            raise DamagedRunFile(
                "is no run file",
                where=str(self.path),
                hint=_HINT,
            ) from error
        if found.version != RUN_VERSION:
            raise DamagedRunFile(
                f"version {found.version} of run files",
                expected=f"version {RUN_VERSION}",
                where=str(self.path),
            )
        try:
            return _header_decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise DamagedRunFile(f"its header: {error}", where=str(self.path)) from error

    def _read_lines(self) -> Iterator[bytes]:
        """Yield the lines of each flush: a flush ends with a line."""
        for flush in self._flushes():
            *lines, rest = flush.split(b"\n")
            yield from lines
            if rest:
                self.damage = "the last line is not whole"
                return

    def _flushes(self) -> Iterator[bytes]:
        """Yield what flushes unpack to, each once its checksum was seen to be right."""
        unpacker = zstandard.ZstdDecompressor()
        frame, is_begun = unpacker.decompressobj(), False
        blocks: list[bytes] = []
        unpacked = 0
        while packed := self._file.read(_READ_BYTES):
            while packed:
                try:
                    blocks.append(frame.decompress(packed))
                    unpacked += len(blocks[-1])
                except zstandard.ZstdError as error:
                    self.damage = f"it is damaged: {error}"
                    return
                if unpacked > _FLUSH_BYTES_MAX:
                    raise DamagedRunFile(
                        f"a flush of more than {_FLUSH_BYTES_MAX} bytes", where=str(self.path)
                    )
                packed, is_begun = frame.unused_data if frame.eof else b"", not frame.eof
                if frame.eof:
                    yield b"".join(blocks)
                    blocks, unpacked = [], 0
                    frame = unpacker.decompressobj()
        if is_begun:
            self.damage = "it ends in the middle of a flush"


class _Version(msgspec.Struct, tag_field="kind", tag="run"):
    version: int


def run_path(path: Path, timeline: str) -> Path:
    """Return where the run of a timeline is written: that of the shared one is `path` itself."""
    return path.with_name(f"{path.stem}@{timeline}{path.suffix}") if timeline else path


def _refused(path: Path, error: OSError) -> StorageFailure:
    return StorageFailure(
        f"cannot be written: {error.strerror or error}", where=f"--write-transcript {path}"
    )
