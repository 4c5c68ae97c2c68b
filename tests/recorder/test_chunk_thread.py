"""The writing thread: what is handed over is on disk, and its failures reach the loop."""

import asyncio

import pytest

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import FORMAT_VERSION, Channel, ChannelKind, Header, Market
from replayx.cassette.redact import Redactor, SecretRules
from replayx.cassette.writer import CassetteWriter
from replayx.errors import StorageFailure, WouldOverwrite
from replayx.recorder.chunk_thread import ChunkThread, Sealed, part_path

HEADER = Header(FORMAT_VERSION, "t", "recorded", 0, 0, None, "x", (Market("m"),))
KEY = "k" * 32
RULES = SecretRules(identifiers=frozenset({"key"}))


def thread(path) -> ChunkThread:
    return ChunkThread(path, HEADER, Redactor(RULES, b"salt"), asyncio.get_running_loop())


def sealed(at_ns: int, payload: bytes, *channels: Channel) -> Sealed:
    chunk = OpenChunk(at_ns)
    chunk.append(at_ns, 0, payload)
    return Sealed(chunk.seal(), channels, len(payload))


def channel(kind: ChannelKind = ChannelKind.STREAM, name: str = "n") -> Channel:
    return Channel(0, "m", name, kind)


async def test_chunks_are_written_in_order_and_redacted(tmp_path):
    path = tmp_path / "a.rpx"
    writer = thread(path)
    writer.put(sealed(1, b'{"key":"%s"}' % KEY.encode(), channel(ChannelKind.USER, KEY)))
    writer.put(sealed(2, KEY.encode()))
    await writer.finish()
    reader = CassetteReader(path)
    assert reader.is_finished
    texts = [bytes(batch.frames) for batch in reader.batches()]
    assert len(texts) == 2
    assert all(KEY.encode() not in text for text in texts)
    assert writer.part_bytes > 0
    assert not writer.is_full


async def test_an_existing_file_is_refused_at_once(tmp_path):
    path = tmp_path / "a.rpx"
    path.touch()
    with pytest.raises(WouldOverwrite):
        thread(path)


async def test_a_failure_reaches_the_loop_and_leaves_a_whole_file(tmp_path, monkeypatch):
    path = tmp_path / "a.rpx"
    write = CassetteWriter.write

    def fail(self, chunk):
        if chunk.start_ns > 1:
            raise StorageFailure("the disk is full", where=str(path))
        write(self, chunk)

    monkeypatch.setattr(CassetteWriter, "write", fail)
    writer = thread(path)
    writer.put(sealed(1, b"first", channel()))
    writer.put(sealed(2, b"second"))
    await asyncio.wait((writer.failed,))
    writer.put(sealed(3, b"third"))
    with pytest.raises(StorageFailure):
        await writer.finish()
    reader = CassetteReader(path)
    assert reader.is_finished
    assert [bytes(batch.payload(0)) for batch in reader.batches()] == [b"first"]


def test_names_of_parts(tmp_path):
    path = tmp_path / "btc.rpx"
    assert part_path(path, 1) == path
    assert part_path(path, 12).name == "btc.12.rpx"
