import pytest

from replayx.cassette.writer import CassetteWriter
from replayx.errors import StorageFailure
from replayx.recorder.pack_ahead import PackAhead
from tests.cassettes import CHANNELS, CHUNKS, HEADER, first_chunk, write_small


def test_what_a_thread_writes_is_what_would_have_been_written(tmp_path):
    writer = CassetteWriter(tmp_path / "a.rpx", HEADER)
    with PackAhead(writer) as packing:
        for channel in CHANNELS:
            packing.declare(channel)
        for chunk in CHUNKS:
            packing.write(chunk())
        packing.flush()
    writer.finish()
    assert (tmp_path / "a.rpx").read_bytes() == write_small(tmp_path / "b.rpx").read_bytes()


def test_an_error_of_the_thread_reaches_the_caller(tmp_path):
    class Full:
        def pack(self, chunk):
            return b""

        def write_packed(self, chunk, record):
            raise StorageFailure("the disk is full")

    with PackAhead(Full()) as packing:
        packing.write(first_chunk())
        with pytest.raises(StorageFailure, match="full"):
            packing.flush()
