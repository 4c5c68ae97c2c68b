"""A file beside a cassette that can be made again from it: numbered blobs, and one table.

    MAGIC | blob* | offsets of the blobs | table | footer | MAGIC

All are records as in a cassette (FORMAT.md section 1). Nothing in it is evidence: whoever finds it
damaged, or made for something else, makes it again. It appears under its name when it is whole.
"""

import os
import struct
from array import array
from pathlib import Path

from replayx.cassette.damage import Damage
from replayx.cassette.packing import HEAD_BYTES, pack_record
from replayx.cassette.record_file import RecordFile
from replayx.errors import LimitExceeded, StorageFailure

MAGIC = b"\x89RPXM\r\n\x1a\x01"
BLOB, OFFSETS, TABLE, FOOTER = 32, 33, 34, 35
_FOOTER = struct.Struct("<QQQ")  # offsets of the offsets and of the table, number of blobs
_TAIL = HEAD_BYTES + _FOOTER.size
_FOOTER_BYTES = _TAIL + len(MAGIC)


class SidecarWriter:
    """Writes a sidecar under another name. The caller finishes or abandons it."""

    def __init__(self, path: Path) -> None:
        """Create the file. Raises StorageFailure."""
        self.path = path
        # Another process may be making the same: each has its own, and the last one stays.
        self._unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        self._offsets = array("Q")
        try:
            # Made anew, never through a link that somebody else put there.
            self._unfinished.unlink(missing_ok=True)
            self._file = self._unfinished.open("xb", buffering=1 << 20)
            self._position = self._file.write(MAGIC)
        except OSError as error:
            raise _failure(path, error) from error

    def write(self, blob: bytes) -> int:
        """Append a blob and return its number. Raises StorageFailure, LimitExceeded."""
        self._offsets.append(self._append(BLOB, blob))
        return len(self._offsets) - 1

    def finish(self, table: bytes) -> None:
        """Write the table, and put the file in its place. Raises StorageFailure, LimitExceeded."""
        offsets_at = self._append(OFFSETS, self._offsets.tobytes())
        table_at = self._append(TABLE, table)
        self._append(FOOTER, _FOOTER.pack(offsets_at, table_at, len(self._offsets)))
        try:
            self._file.write(MAGIC)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._unfinished.replace(self.path)
        except OSError as error:
            raise _failure(self.path, error) from error

    def abandon(self) -> None:
        """Remove what was written."""
        self._file.close()
        self._unfinished.unlink(missing_ok=True)

    def _append(self, kind: int, body: bytes) -> int:
        offset = self._position
        try:
            self._position += self._file.write(pack_record(kind, body))
        except OSError as error:
            raise _failure(self.path, error) from error
        except Damage as error:
            raise LimitExceeded(
                error.found, expected=error.expected, where=str(self.path)
            ) from error
        return offset


class SidecarReader:
    """An open sidecar: its table in memory, its blobs in the file. The caller closes it."""

    def __init__(self, path: Path) -> None:
        """Open a file and check every byte of it. Raises ReplayxError."""
        self._file = RecordFile(path)
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self._offsets)

    def read(self, number: int) -> bytes:
        """Return a blob. Raises DamagedCassette, TruncatedCassette."""
        return self._file.record(self._offsets[number]).body

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self) -> None:
        start = max(0, self._file.file_bytes - _FOOTER_BYTES)
        ends = (self._file.peek(0, len(MAGIC)), self._file.peek(start + _TAIL, len(MAGIC)))
        if ends != (MAGIC, MAGIC) or start < len(MAGIC):
            raise self._file.damaged(Damage("a file that does not begin like an index"), 0)
        footer = self._file.record(start)
        if footer.kind != FOOTER or len(footer.body) != _FOOTER.size:
            raise self._file.damaged(Damage("a file that was not finished"), start)
        offsets_at, table_at, count = _FOOTER.unpack(footer.body)
        self._offsets = array("Q")
        if len(offsets := self._body(offsets_at, OFFSETS)) != count * self._offsets.itemsize:
            raise self._file.damaged(Damage(f"offsets of other than {count} blobs"), offsets_at)
        self._offsets.frombytes(offsets)
        self.table = self._body(table_at, TABLE)
        self._check_blobs(offsets_at)

    def _check_blobs(self, end: int) -> None:
        """Read every blob once. They follow each other, so no file takes longer than its size."""
        follows = len(MAGIC)
        for offset in self._offsets:
            if offset != follows:
                raise self._file.damaged(Damage(f"a blob at byte {offset}", f"{follows}"), offset)
            follows += HEAD_BYTES + len(self._body(offset, BLOB))
        if follows != end:
            raise self._file.damaged(Damage(f"blobs up to byte {follows}", f"{end}"), follows)

    def _body(self, offset: int, kind: int) -> bytes:
        record = self._file.record(offset)
        if record.kind != kind:
            raise self._file.damaged(Damage(f"a record of kind {record.kind}", f"{kind}"), offset)
        return record.body


def _failure(path: Path, error: OSError) -> StorageFailure:
    return StorageFailure(f"cannot write: {error.strerror}", where=str(path))
