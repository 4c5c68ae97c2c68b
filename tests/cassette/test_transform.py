import pytest
from msgspec.structs import replace

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import UNTIMED, Opened
from replayx.cassette.recovery import verify
from replayx.cassette.transform import Selection, repack
from replayx.cassette.writer import CassetteWriter
from replayx.errors import DamagedCassette, WouldOverwrite
from tests.cassette.test_reader import everything
from tests.cassettes import CHANNELS, HEADER, MS, START_NS, third_chunk, write_small


@pytest.fixture
def small(tmp_path):
    return write_small(tmp_path / "small.rpx")


def placeless(items):
    return [item if isinstance(item, tuple) else replace(item, place=0) for item in items]


def test_a_repacked_cassette_holds_the_same_in_fewer_chunks(small, tmp_path):
    passed = []
    report = repack(small, tmp_path / "b.rpx", advance=passed.append)
    assert (report.frame_count, report.event_count, sum(passed)) == (11, 9, 11)
    assert report.target_bytes == (tmp_path / "b.rpx").stat().st_size < report.source_bytes
    assert placeless(everything(tmp_path / "b.rpx")) == placeless(everything(small))
    with CassetteReader(tmp_path / "b.rpx") as reader:
        assert len(reader.chunks) == 1
        assert reader.header == HEADER
        assert list(reader.channels.values()) == list(CHANNELS)
    assert not verify(tmp_path / "b.rpx").is_damaged


def test_chunks_grow_to_their_limit_and_no_further(tmp_path, monkeypatch):
    monkeypatch.setattr("replayx.cassette.transform.REPACK_CHUNK_BYTES", 100)
    repack(write_small(tmp_path / "a.rpx"), tmp_path / "b.rpx", level=1)
    with CassetteReader(tmp_path / "b.rpx") as reader:
        assert len(reader.chunks) == 4
    assert placeless(everything(tmp_path / "a.rpx")) == placeless(everything(tmp_path / "b.rpx"))


@pytest.mark.parametrize(("wall_ns", "flags"), [(2 * MS, 0), (0, UNTIMED)])
def test_chunks_of_different_clocks_are_not_gathered(tmp_path, wall_ns, flags):
    with CassetteWriter(tmp_path / "a.rpx", HEADER) as writer:
        for channel in CHANNELS:
            writer.declare(channel)
        writer.write(third_chunk())
        other = OpenChunk(third_chunk().end_ns, wall_offset_ns=wall_ns, flags=flags)
        other.append(other.start_ns, 7, b"x")
        writer.write(other.seal())
    repack(tmp_path / "a.rpx", tmp_path / "b.rpx", level=1)
    with CassetteReader(tmp_path / "b.rpx") as reader:
        first, second = reader.batches()
        assert (first.wall_offset_ns, first.flags) == (0, 0)
        assert (second.wall_offset_ns, second.flags) == (wall_ns, flags)


def test_trimming_keeps_what_is_within_and_which_connections_were_open(small, tmp_path):
    selection = Selection(from_ns=START_NS + 1002 * MS, to_ns=START_NS + 1005 * MS)
    repack(small, tmp_path / "b.rpx", selection=selection, level=1)
    first, second, *messages = everything(tmp_path / "b.rpx")
    assert [(one.connection, one.continued) for one in (first, second)] == [(1, True), (2, True)]
    assert isinstance(first, Opened)
    assert first.target == "/stream?streams=aaa@trade"
    assert messages == [
        item
        for item in everything(small)
        if isinstance(item, tuple) and START_NS + 1002 * MS <= item[0] < START_NS + 1005 * MS
    ]
    assert len(messages) == 3


def test_filtering_keeps_messages_of_a_channel_and_every_event(small, tmp_path):
    selection = Selection(wants=lambda channel: channel.name == "bbb@book")
    report = repack(small, tmp_path / "b.rpx", selection=selection, level=1)
    assert (report.frame_count, report.event_count) == (3, 9)
    with CassetteReader(tmp_path / "b.rpx") as reader:
        assert list(reader.channels) == [7]


def test_a_damaged_source_leaves_no_target(small, tmp_path):
    with CassetteReader(small) as reader:
        offset = reader.chunks.offsets[1]
    data = bytearray(small.read_bytes())
    data[offset + 40] ^= 1
    small.write_bytes(data)
    with pytest.raises(DamagedCassette, match="repair"):
        repack(small, tmp_path / "b.rpx")
    assert not (tmp_path / "b.rpx").exists()


def test_a_target_that_exists_is_left_alone(small):
    before = small.read_bytes()
    with pytest.raises(WouldOverwrite):
        repack(small, small)
    assert small.read_bytes() == before
