import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from replayx.cassette import writer as writer_module
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import MAGIC, Channel, ChannelKind
from replayx.cassette.recovery import verify
from replayx.cassette.writer import CassetteWriter
from replayx.errors import LimitExceeded, StorageFailure, WouldOverwrite
from replayx.limits import RESERVE_BYTES
from tests.cassettes import CHANNELS, HEADER, first_chunk, second_chunk, third_chunk, write_small

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_file_begins_and_ends_with_the_magic(tmp_path):
    data = write_small(tmp_path / "a.rpx").read_bytes()
    assert data.startswith(MAGIC)
    assert data.endswith(MAGIC)


def test_the_same_writes_make_the_same_bytes(tmp_path):
    first, second = write_small(tmp_path / "a.rpx"), write_small(tmp_path / "b.rpx")
    assert first.read_bytes() == second.read_bytes()


def test_an_existing_file_is_never_touched(tmp_path):
    path = tmp_path / "a.rpx"
    path.write_bytes(b"precious")
    with pytest.raises(WouldOverwrite, match="exists"):
        CassetteWriter(path, HEADER)
    assert path.read_bytes() == b"precious"


def test_a_folder_that_is_not_there_is_a_storage_failure(tmp_path):
    with pytest.raises(StorageFailure):
        CassetteWriter(tmp_path / "no" / "a.rpx", HEADER)


def test_leaving_the_block_finishes(tmp_path):
    with CassetteWriter(tmp_path / "a.rpx", HEADER) as writer:
        assert not writer.is_finished
    assert writer.is_finished
    writer.finish()
    with CassetteReader(tmp_path / "a.rpx") as reader:
        assert reader.is_finished
        assert reader.header == HEADER


def test_room_is_kept_behind_the_last_record_until_the_end(tmp_path):
    unfinished = write_small(tmp_path / "a.rpx", finished=False)
    finished = write_small(tmp_path / "b.rpx")
    assert unfinished.stat().st_size > RESERVE_BYTES
    assert finished.stat().st_size < 4096


def test_our_own_mistakes_are_assertions(tmp_path):
    with CassetteWriter(tmp_path / "a.rpx", HEADER) as writer:
        with pytest.raises(AssertionError, match="not declared"):
            writer.write(third_chunk())
        for channel in CHANNELS:
            writer.declare(channel)
        with pytest.raises(AssertionError, match="declared twice"):
            writer.declare(CHANNELS[0])
        writer.write(third_chunk())
        with pytest.raises(AssertionError, match="out of order"):
            writer.write(first_chunk())


def test_a_chunk_over_the_limit_is_refused_and_the_file_stays_whole(tmp_path, monkeypatch):
    with CassetteWriter(tmp_path / "a.rpx", HEADER) as writer:
        for channel in CHANNELS:
            writer.declare(channel)
        writer.write(first_chunk())
        huge = OpenChunk(first_chunk().end_ns)
        monkeypatch.setattr("replayx.cassette.packing.RECORD_BYTES_MAX", 1000)
        huge.append(huge.start_ns, 0, bytes(2000))
        with pytest.raises(LimitExceeded, match="a chunk of"):
            writer.write(huge.seal())
    assert not verify(tmp_path / "a.rpx").is_damaged


def test_bodies_are_left_out_of_an_index_that_would_be_too_large(tmp_path, monkeypatch):
    chunk = second_chunk()
    chunk.events[0] = replace(chunk.events[0], request_body=b"x" * 3000, response_body=b"")
    with CassetteWriter(tmp_path / "a.rpx", HEADER) as writer:
        writer.declare(CHANNELS[0])
        writer.write(chunk)
        monkeypatch.setattr("replayx.cassette.packing.RECORD_BYTES_MAX", 2000)
    monkeypatch.undo()
    with CassetteReader(tmp_path / "a.rpx") as reader:
        (ref,) = reader.interactions()
        assert ref.entry.request_body is None
        assert reader.interaction(ref).request_body == b"x" * 3000
    assert not verify(tmp_path / "a.rpx").is_damaged


def test_an_index_that_cannot_be_written_leaves_a_readable_file(tmp_path, monkeypatch):
    writer = CassetteWriter(tmp_path / "a.rpx", HEADER)
    for channel in CHANNELS:
        writer.declare(channel)
    writer.write(third_chunk())
    monkeypatch.setattr("replayx.cassette.packing.RECORD_BYTES_MAX", 50)
    with pytest.raises(LimitExceeded, match="index"):
        writer.finish()
    monkeypatch.undo()
    with CassetteReader(tmp_path / "a.rpx") as reader:
        assert not reader.is_finished
        assert reader.frame_count == 2


def test_a_short_write_is_completed(tmp_path, monkeypatch):
    class Dribble:
        def __init__(self, file):
            self._file = file

        def __getattr__(self, name):
            return getattr(self._file, name)

        def write(self, data):
            return self._file.write(data[:7])

    monkeypatch.setattr(
        CassetteWriter, "_create", lambda self: Dribble(self.path.open("xb", buffering=0))
    )
    assert (
        write_small(tmp_path / "a.rpx").read_bytes()
        == _plain(tmp_path / "b.rpx", monkeypatch).read_bytes()
    )


def _plain(path, monkeypatch):
    monkeypatch.undo()
    return write_small(path)


FULL_DISK = """
import resource, sys
sys.path.insert(0, {root!r})
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.writer import CassetteWriter
from replayx.errors import StorageFailure
from tests.cassettes import CHANNELS, HEADER, START_NS
import random
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
writer = CassetteWriter({path!r}, HEADER)
writer.declare(CHANNELS[0])
noise, at_ns, count = random.Random(1), START_NS, 0
try:
    while True:
        chunk = OpenChunk(at_ns)
        for _ in range(50):
            at_ns += 1000
            chunk.append(at_ns, 0, noise.randbytes(200))
        writer.write(chunk.seal())
        count += 50
except StorageFailure as error:
    print(error, file=sys.stderr)
writer.finish()
print(count)
"""


@pytest.mark.parametrize("limit", [300_000, 400_000, 1_000_001])
def test_a_full_disk_leaves_a_finished_file_that_holds_every_chunk_written(tmp_path, limit):
    path = tmp_path / "full.rpx"
    script = FULL_DISK.format(root=str(REPOSITORY), limit=limit, path=str(path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert "the disk is full" in done.stderr
    assert path.stat().st_size <= limit
    report = verify(path)
    assert report.is_finished
    assert not report.is_damaged
    assert report.frame_count == int(done.stdout) > 0


def test_a_file_that_cannot_even_begin_is_removed(tmp_path):
    path = tmp_path / "full.rpx"
    script = FULL_DISK.format(root=str(REPOSITORY), limit=10, path=str(path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert "StorageFailure" in done.stderr
    assert not path.exists()


KILLED = """
import os, signal, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.cassettes import CHANNELS, CHUNKS, HEADER
from replayx.cassette.writer import CassetteWriter
writer = CassetteWriter({path!r}, HEADER)
for channel in CHANNELS:
    writer.declare(channel)
for chunk in CHUNKS:
    writer.write(chunk())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_every_chunk_it_wrote(tmp_path):
    path = tmp_path / "killed.rpx"
    script = KILLED.format(root=str(REPOSITORY), path=str(path))
    done = subprocess.run([sys.executable, "-c", script], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    report = verify(path)
    assert (report.is_finished, report.is_damaged, report.frame_count) == (False, False, 11)


def test_sync_reaches_the_disk_without_changing_anything(tmp_path):
    writer = CassetteWriter(tmp_path / "a.rpx", HEADER)
    writer.declare(Channel(0, "alpha", "x", ChannelKind.STREAM))
    before = writer.position
    writer.sync()
    assert writer.position == before
    writer.abandon()
    with pytest.raises((StorageFailure, ValueError)):
        writer.sync()


def test_a_file_system_without_allocation_is_written_to_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(writer_module.errno.EOPNOTSUPP, "no")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert not verify(write_small(tmp_path / "a.rpx")).is_damaged
