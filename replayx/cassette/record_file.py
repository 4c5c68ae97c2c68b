"""A file of records: opened, read and walked, nothing trusted (FORMAT.md section 1)."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from replayx.cassette.damage import Damage
from replayx.cassette.packing import HEAD_BYTES, check_body, parse_head
from replayx.cassette.records import MAGIC
from replayx.errors import DamagedCassette, ReplayxError, TruncatedCassette

_BLOCK_BYTES = 1 << 20


class RawRecord(NamedTuple):
    """A record that passed its checksum."""

    offset: int
    kind: int
    body: bytes


def _open(path: Path) -> int:
    """Return the descriptor of a file. Raises ReplayxError."""
    hint = "Check the path"
    try:
        # Without O_NONBLOCK a named pipe would wait for its writer, for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise ReplayxError(f"cannot open: {error.strerror}", where=str(path), hint=hint) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ReplayxError("not a regular file", where=str(path), hint=hint)
    return descriptor


class RecordFile:
    """A cassette file as bytes and records. The caller closes it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file. Raises ReplayxError."""
        self.path = Path(path)
        self._fd = _open(self.path)
        self.file_bytes = os.fstat(self._fd).st_size

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def records(self, offset: int = len(MAGIC)) -> Iterator[RawRecord]:
        """Walk the records up to the file's end. Raises DamagedCassette, TruncatedCassette."""
        while offset < self.file_bytes:
            if self.is_tail(offset):
                return
            record = self.record(offset)
            yield record
            offset += HEAD_BYTES + len(record.body)

    def record(self, offset: int) -> RawRecord:
        """Return the record at `offset`. Raises DamagedCassette, TruncatedCassette."""
        try:
            head = parse_head(self.read(offset, HEAD_BYTES))
            body = self.read(offset + HEAD_BYTES, head.length)
            check_body(head, body)
        except Damage as error:
            raise self.damaged(error, offset) from error
        return RawRecord(offset, head.kind, body)

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes. Raises TruncatedCassette, DamagedCassette."""
        if not 0 <= offset <= self.file_bytes - size:
            raise TruncatedCassette(
                f"the file ends at byte {self.file_bytes}",
                path=str(self.path),
                offset=offset,
                expected=f"{size} bytes more here",
                hint=f"`replayx repair {self.path} NEW.rpx` saves what is readable",
            )
        data = self.peek(offset, size)
        if len(data) != size:
            raise self.damaged(Damage("the file became shorter while it was read"), offset)
        return data

    def peek(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes, fewer at the file's end. Raises DamagedCassette."""
        try:
            return os.pread(self._fd, size, offset)
        except OSError as error:
            raise self.damaged(Damage(f"cannot read: {error.strerror}"), offset) from error

    def is_tail(self, offset: int) -> bool:
        """Say whether only the closing magic or unused, allocated space follows."""
        rest = self.peek(offset, HEAD_BYTES)
        if rest == MAGIC:
            return offset + len(MAGIC) == self.file_bytes
        return not any(rest) and self._is_zero_to_end(offset)

    def _is_zero_to_end(self, offset: int) -> bool:
        while block := self.peek(offset, _BLOCK_BYTES):
            if any(block):
                return False
            offset += len(block)
        return True

    def damaged(self, damage: Damage, offset: int) -> DamagedCassette:
        """Return the error that says what is wrong at `offset`."""
        return DamagedCassette(
            damage.found,
            path=str(self.path),
            offset=offset,
            expected=damage.expected,
            hint=f"`replayx repair {self.path} NEW.rpx` saves what is readable",
        )
