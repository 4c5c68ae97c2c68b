"""Times, channel numbers, chunks and files of a recording, on a clock that tests move."""

import asyncio
from functools import partial

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import FORMAT_VERSION, Closed, Gap, Header, Market, Opened
from replayx.cassette.redact import Redactor, SecretRules
from replayx.clock import NS_PER_MS, NS_PER_S, VirtualClock
from replayx.recorder import recording as module
from replayx.recorder.chunk_thread import ChunkThread, part_path
from replayx.recorder.recording import Recording, Rotation
from replayx.venues.venue import NO_ENVELOPE, Carried

WALL_NS = 1_700_000_000 * NS_PER_S
MONOTONIC_NS = 5_000
NEVER = Rotation()
A, B = Carried("a", "stream", NO_ENVELOPE), Carried("b", "stream", NO_ENVELOPE)


class SteppedClock(VirtualClock):
    """A clock whose wall can be set by hand."""

    step_ns = 0

    def wall_ns(self) -> int:
        return super().wall_ns() + self.step_ns


class Tape:
    """A recording into a file, with its clock."""

    def __init__(self, path, loop, rotation=NEVER):
        self.path = path
        self.clock = SteppedClock(MONOTONIC_NS, wall_start_ns=WALL_NS)
        header = Header(
            FORMAT_VERSION, "t", "recorded", WALL_NS, MONOTONIC_NS, None, "x", (Market("m"),)
        )
        redactor = Redactor(SecretRules(), b"salt")
        self.thread = ChunkThread(path, header, redactor, loop)
        self.recording = Recording(self.thread, header, self.clock, rotation)
        self.thread.on_room = self.recording.made_room

    def say(self, payload: bytes, carried=A, connection=1):
        at_ns = self.recording.stamp()
        self.recording.message(connection, carried, payload, at_ns=at_ns)

    async def written(self, part=1) -> CassetteReader:
        self.recording.seal()
        await self.thread.finish()
        return CassetteReader(part_path(self.path, part))


@pytest.fixture
async def tape(tmp_path, event_loop_of_test):
    return Tape(tmp_path / "out.rpx", event_loop_of_test)


@pytest.fixture
async def event_loop_of_test():
    return asyncio.get_running_loop()


async def test_at_is_the_start_and_the_monotonic_time_since(tape):
    tape.clock.advance(7)
    tape.say(b"1")
    tape.clock.advance(NS_PER_S)
    tape.say(b"2")
    (batch,) = (await tape.written()).batches()
    assert batch.at == [WALL_NS + 7, WALL_NS + 7 + NS_PER_S]
    assert batch.wall_offset_ns == 0


@pytest.mark.parametrize(
    ("step_ns", "chunks"), [(NS_PER_MS + 1, 2), (NS_PER_MS, 1), (-NS_PER_S, 2)]
)
async def test_a_step_of_the_wall_clock_begins_a_chunk(tape, step_ns, chunks):
    tape.say(b"1")
    tape.clock.step_ns = step_ns
    tape.clock.advance(1)
    tape.say(b"2")
    batches = list((await tape.written()).batches())
    assert len(batches) == chunks
    assert batches[-1].wall_offset_ns == (step_ns if chunks == 2 else 0)
    assert [at for batch in batches for at in batch.at] == [WALL_NS, WALL_NS + 1]


async def test_a_channel_is_a_name_and_envelope_on_a_connection(tape):
    tape.say(b"1", A, 1)
    tape.say(b"2", B, 1)
    tape.say(b"3", A, 2)
    tape.say(b"4", A, 1)
    reader = await tape.written()
    (batch,) = reader.batches()
    assert batch.channel.tolist() == [0, 1, 2, 0]
    assert [(c.name, c.connection) for c in reader.channels.values()] == [
        ("a", 1), ("b", 1), ("a", 2),
    ]  # fmt: skip


async def test_a_chunk_is_sealed_at_its_size(tape):
    for _ in range(3):
        tape.say(b"x" * 600_000)
    assert [batch.count for batch in (await tape.written()).batches()] == [2, 1]


async def test_a_chunk_is_sealed_at_its_age(tmp_path, event_loop_of_test, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_AGE_NS", 0)
    tape = Tape(tmp_path / "out.rpx", event_loop_of_test)
    tape.say(b"1")
    for _ in range(1000):
        if len(CassetteReader(tape.path).chunks):
            break
        await asyncio.sleep(0.005)
    assert len(CassetteReader(tape.path).chunks) == 1  # before anybody finished it
    await tape.written()


async def test_rotation_makes_files_that_are_each_complete(tmp_path, event_loop_of_test):
    tape = Tape(tmp_path / "out.rpx", event_loop_of_test, Rotation(duration_ns=NS_PER_S))
    opened = partial(Opened, connection=1, market="m", role="ws", target="/t")
    gone = partial(Opened, connection=2, market="m", role="ws", target="/u")
    tape.recording.opened(1, opened)
    tape.recording.opened(2, gone)
    tape.say(b"1", B)
    tape.say(b"2", A)
    tape.recording.add(partial(Closed, connection=2, code=1000))
    tape.recording.ended(2)
    tape.clock.advance(NS_PER_S)
    tape.say(b"3", A)
    tape.recording.seal()
    tape.clock.advance(1)
    tape.say(b"4", A)
    second = await tape.written(2)
    first = CassetteReader(tape.path)
    assert first.is_finished
    assert second.is_finished
    assert (first.header.part, second.header.part) == (1, 2)
    assert second.header.start_wall_ns == WALL_NS
    assert [c.name for c in second.channels.values()] == ["a"]
    (batch,) = second.batches()
    assert [(e.connection, e.continued) for e in batch.events] == [(1, True)]
    assert bytes(batch.payload(0)) == b"4"
    assert batch.at == [WALL_NS + NS_PER_S + 1]


async def test_channels_beyond_what_a_file_holds_go_into_another(
    tmp_path, event_loop_of_test, monkeypatch
):
    monkeypatch.setattr(module, "CHANNELS_MAX", 2)
    tape = Tape(tmp_path / "out.rpx", event_loop_of_test)
    for connection in range(5):
        tape.say(b"%d" % connection, A, connection)
    third = await tape.written(3)
    counts = [len(CassetteReader(part_path(tape.path, part)).channels) for part in (1, 2)]
    assert [*counts, len(third.channels)] == [2, 2, 1]


class Reader:
    """Counts how often it is paused and resumed."""

    def __init__(self):
        self.calls = []

    def pause(self):
        self.calls.append("pause")

    def resume(self):
        self.calls.append("resume")


async def test_readers_are_paused_while_the_disk_is_behind(tape, monkeypatch):
    monkeypatch.setattr("replayx.recorder.chunk_thread.SEALED_CHUNKS_MAX", 1)
    reader, late = Reader(), Reader()
    tape.recording.attach(reader)
    tape.say(b"1")
    tape.recording.seal()
    assert reader.calls == ["pause"]
    tape.recording.attach(late)
    await tape.recording.room()
    assert (reader.calls, late.calls) == (["pause", "resume"], ["pause", "resume"])
    tape.recording.detach(reader)
    tape.say(b"2")
    tape.recording.seal()
    assert reader.calls == ["pause", "resume"]
    await tape.written()


async def test_totals(tape):
    tape.say(b"123")
    tape.recording.add(partial(Gap, market="m", connection=1, channel="", reason="r"))
    totals = tape.recording.totals
    assert (totals.messages, totals.message_bytes, totals.gaps) == (1, 3, 1)
    await tape.written()
