import asyncio

import aiohttp
import pytest

from replayx.cassette.redact import SecretRules
from replayx.errors import StorageFailure
from replayx.server.run_file import RunFileReader, RunFileWriter
from replayx.server.run_recorder import RunRecorder
from replayx.session.effects import SendFrames
from replayx.session.entry_redactor import EntryRedactor
from replayx.session.inputs import MessageReceived, PauseAsked
from replayx.session.moment import Moment
from replayx.session.run_entry import EndEntry, SentEntry
from replayx.session.transcript_entry import CommandEntry, RequestEntry
from tests.server.test_run_file import HEADER

KEY = "k3y" * 16
RULES = SecretRules(identifiers=frozenset({"apikey"}))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.rpt"


def recorder(path, writer=None):
    return RunRecorder(writer or RunFileWriter(path, HEADER), EntryRedactor([RULES], b"salt"))


def asked(number):
    return Moment(PauseAsked(number), number, 0, 0, [])


def read(path):
    with RunFileReader(path) as reader:
        entries = list(reader)
        assert reader.damage == ""
        return entries


async def test_moments_are_written_in_order(path):
    made = recorder(path)
    for number in range(1000):
        made.note(asked(number))
    await made.close("f" * 64)
    *commands, end = read(path)
    assert [one.number for one in commands] == list(range(1000))
    assert end == EndEntry(seq=1001, at_ns=0, now_ns=999, sent=0, fault_digest="f" * 64)


async def test_a_batch_does_not_wait_for_the_next(path, monkeypatch):
    monkeypatch.setattr("replayx.server.run_recorder._BATCH_AGE_S", 0.0)
    writer = RunFileWriter(path, HEADER)
    written = asyncio.Event()
    loop, write = asyncio.get_running_loop(), writer.write

    def told(entries):
        write(entries)
        loop.call_soon_threadsafe(written.set)

    writer.write = told
    made = recorder(path, writer)
    made.note(asked(1))
    await asyncio.wait_for(written.wait(), 30)
    with RunFileReader(path) as reader:
        assert [type(one) for one in reader] == [CommandEntry]
    await made.close("")


async def test_what_is_sent_is_digested(path):
    made = recorder(path)
    frames = memoryview(b"x" * (1 << 20))
    for now_ns in range(5):
        made.note(Moment(None, now_ns, 0, 0, [SendFrames((1, 2), frames)]))
    await made.close("")
    sent = [one for one in read(path) if isinstance(one, SentEntry)]
    assert {one.connection: one.size for one in sent} == {1: 5 << 20, 2: 5 << 20}
    assert sum(len(one.marks) for one in sent if one.connection == 1) == 5 * 64


async def test_no_secret_is_written(path):
    made = recorder(path)
    made.note(Moment(MessageReceived(1, b'{"apiKey":"%b"}' % KEY.encode()), 0, 0, 0, []))
    await made.close("")
    assert KEY not in str(read(path))


async def note_many(made):
    for number in range(10_000):
        made.note(asked(number))
        await asyncio.sleep(0)


@pytest.mark.parametrize("error", [StorageFailure("the disk is full"), ZeroDivisionError()])
async def test_a_failure_is_told_by_what_comes_next(path, monkeypatch, error):
    monkeypatch.setattr("replayx.server.run_recorder._BATCH_MOMENTS", 1)
    writer = RunFileWriter(path, HEADER)
    loop, failed = asyncio.get_running_loop(), asyncio.Event()

    def refuse(entries):
        loop.call_soon_threadsafe(failed.set)
        raise error

    writer.write = refuse
    made = recorder(path, writer)
    made.note(asked(1))
    await asyncio.wait_for(failed.wait(), 30)
    with pytest.raises(type(error)):
        await note_many(made)
    with pytest.raises(type(error)):
        await made.close("")


async def test_a_timeline_whose_file_is_there_is_refused(serve, path):
    path.with_name("run@mine.rpt").touch()
    async with serve(transcript=path) as (_, urls), aiohttp.ClientSession() as client:
        for target, status in (("/@mine/time", 503), ("/time", 200)):
            async with client.get(urls["rest"] + target) as answer:
                assert answer.status == status
                assert "run@mine.rpt exists" in await answer.text() or status == 200


async def test_each_timeline_has_a_file(serve, path):
    async with serve(transcript=path) as (_, urls), aiohttp.ClientSession() as client:
        for target in ("/time", "/@mine/time"):
            async with client.get(urls["rest"] + target) as answer:
                assert answer.status == 200
    for name, timeline in (("run.rpt", ""), ("run@mine.rpt", "mine")):
        with RunFileReader(path.with_name(name)) as reader:
            assert reader.header.timeline == timeline
            assert [one.target for one in reader if isinstance(one, RequestEntry)] == ["/time"]
