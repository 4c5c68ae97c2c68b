import struct

import msgspec
import pytest

from replayx.cassette.chunk_table import ChunkTable
from replayx.cassette.damage import Damage
from replayx.cassette.records import Index

INDEX = Index(
    struct.pack("<2q", 100, 200),
    struct.pack("<2q", 10, 30),
    struct.pack("<2q", 20, 40),
    struct.pack("<2I", 3, 4),
    struct.pack("<2I", 0, 1),
    (b"\x00\x00", b"\x01\x00"),
)


def test_an_index_becomes_columns():
    table = ChunkTable.from_index(INDEX, 1000)
    assert len(table) == 2
    assert list(table.offsets) == [100, 200]
    assert list(table.frames) == [3, 4]
    assert table.channels == [b"\x00\x00", b"\x01\x00"]


@pytest.mark.parametrize(
    ("at_ns", "ordinal"), [(0, 0), (20, 0), (21, 1), (35, 1), (40, 1), (41, 2)]
)
def test_a_time_finds_the_first_chunk_that_ends_at_or_after(at_ns, ordinal):
    assert ChunkTable.from_index(INDEX, 1000).at(at_ns) == ordinal


@pytest.mark.parametrize(
    ("fields", "file_bytes"),
    [
        ({"offsets": b"123"}, 1000),
        ({"frames": b""}, 1000),
        ({"channels": (b"\x00\x00",)}, 1000),
        ({"channels": (b"\x00", b"")}, 1000),
        ({}, 200),
        ({"offsets": struct.pack("<2q", -1, 200)}, 1000),
        ({"starts": struct.pack("<2q", 10, 19)}, 1000),
        ({"ends": struct.pack("<2q", 9, 40)}, 1000),
    ],
)
def test_an_index_that_cannot_be_is_damage(fields, file_bytes):
    with pytest.raises(Damage):
        ChunkTable.from_index(msgspec.structs.replace(INDEX, **fields), file_bytes)
