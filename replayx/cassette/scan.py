"""Walking a file that may be damaged: every record that passes its checksum, and the holes."""

from collections.abc import Iterator
from typing import NamedTuple

from replayx.cassette.damage import Damage
from replayx.cassette.packing import HEAD_BYTES, check_body, parse_head
from replayx.cassette.record_file import RawRecord, RecordFile
from replayx.cassette.records import MAGIC, SYNC
from replayx.errors import CassetteError

_BLOCK_BYTES = 1 << 20
# Sync marks that begin no record cost a read of what they claim to be. An honest file has next to
# none; in one made of them, the search ends when it has read the file this often.
_FALSE_MARKS_FACTOR = 64


class Hole(NamedTuple):
    """Bytes that are no record: what a reader found at its beginning, and what it expected.

    `kind` is the record's kind as its head claims, None if there is no head.
    """

    offset: int
    size: int
    error: CassetteError
    kind: int | None


def scan(file: RecordFile, offset: int = len(MAGIC)) -> Iterator[RawRecord | Hole]:
    """Yield records and holes up to the file's end, in bounded memory."""
    budget = _FALSE_MARKS_FACTOR * max(file.file_bytes, _BLOCK_BYTES)
    while offset < file.file_bytes and not file.is_tail(offset):
        try:
            record = file.record(offset)
        except CassetteError as error:
            end, cost = _next_record(file, offset + 1, budget)
            budget -= cost
            yield Hole(offset, end - offset, error, _claimed_kind(file, offset))
            offset = end
        else:
            yield record
            offset += HEAD_BYTES + len(record.body)


def _claimed_kind(file: RecordFile, offset: int) -> int | None:
    try:
        return parse_head(file.read(offset, HEAD_BYTES)).kind
    except (Damage, CassetteError):
        return None


def _next_record(file: RecordFile, offset: int, budget: int) -> tuple[int, int]:
    """Return where the next whole record or the unused tail begins, and the bytes read for it."""
    cost = 0
    for mark in _marks(file, offset):
        cost += _claimed_bytes(file, mark)
        if cost > budget:
            break
        if _is_record(file, mark):
            return mark, cost
    return _data_end(file, offset), cost


def _data_end(file: RecordFile, start: int) -> int:
    """Return where the zeros begin that a writer kept allocated at the file's end."""
    end = file.file_bytes
    while end > start:
        begin = max(start, end - _BLOCK_BYTES)
        data = file.peek(begin, end - begin).rstrip(b"\0")
        if data:
            return begin + len(data)
        end = begin
    return start


def _marks(file: RecordFile, offset: int) -> Iterator[int]:
    """Yield the offsets of sync marks."""
    while block := file.peek(offset, _BLOCK_BYTES):
        at = block.find(SYNC)
        while at >= 0:
            yield offset + at
            at = block.find(SYNC, at + 1)
        # A mark may lie across two blocks.
        offset += max(1, len(block) - len(SYNC) + 1)


def _claimed_bytes(file: RecordFile, mark: int) -> int:
    try:
        head = parse_head(file.read(mark, HEAD_BYTES))
    except (Damage, CassetteError):
        return HEAD_BYTES
    # A record beyond the file's end is dismissed without being read.
    fits = mark + HEAD_BYTES + head.length <= file.file_bytes
    return HEAD_BYTES + (head.length if fits else 0)


def _is_record(file: RecordFile, mark: int) -> bool:
    try:
        head = parse_head(file.read(mark, HEAD_BYTES))
        check_body(head, file.read(mark + HEAD_BYTES, head.length))
    except (Damage, CassetteError):
        return False
    return True
