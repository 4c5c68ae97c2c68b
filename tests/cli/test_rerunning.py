"""Runs over sockets, written into files and repeated without clients."""

import json
import signal

import msgspec
import pytest
from websockets.sync.client import connect

from replayx.server.run_file import RunFileReader, RunFileWriter
from replayx.session.run_entry import AnsweredEntry, CassetteIdentity, EndEntry, SentEntry
from tests.cli.runs import run
from tests.cli.test_replay import DEMO, STREAM, ask, replaying


def command(control, path, body=None):
    import urllib.request

    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        control + path, data, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.rpt"


def listening(urls, target):
    """Connect; a client that does not read what comes is no reason to wait for its close."""
    return connect(urls["ws"] + target, close_timeout=0.2)


def recorded(path, *options):
    """Let two clients talk to a replay, and return what it wrote."""
    with replaying(DEMO, "--write-transcript", path, *options) as replay:
        urls, control = replay.urls, replay.ready["control"]
        with listening(urls, STREAM) as one, listening(urls, "/ws") as other:
            if "lockstep" in options:
                command(control, "/clock/run-until", {"at": "2s"})
            one.recv()
            ask(urls["rest"] + "/api/v3/depth?symbol=BTCUSDT&limit=5")
            ask(urls["rest"] + "/no/such?apiKey=" + "k3y" * 16)
            other.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}')
            other.recv()
        replay.signal(signal.SIGINT)
        assert replay.end()[0] == 0
    with RunFileReader(path) as reader:
        return reader.header, list(reader)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a run as it was written, once for all who only read it."""
    path = tmp_path_factory.mktemp("runs") / "run.rpt"
    header, entries = recorded(path)
    return path.read_bytes(), header, entries


@pytest.fixture
def ran(path, written):
    """Put a run into a file; return its header and its entries."""
    data, header, entries = written
    path.write_bytes(data)
    return header, list(entries)


def rewritten(path, header, entries):
    path.unlink()
    writer = RunFileWriter(path, header)
    writer.write(entries)
    writer.close()


def test_a_run_is_repeated_from_its_file(path, ran):
    _, entries = ran
    assert isinstance(entries[-1], EndEntry)
    done = run("replay", "--transcript", path)
    assert (done.exit_code, done.stdout) == (0, f"the same: {len(entries):,} entries of the run\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--speed", "max"),
        ("--clock", "lockstep"),
        ("--speed", "5", "--rebase", "now", "--from", "10s", "--to", "60s"),
        ("--fault", "latency:50ms~10ms@ws", "--fault", "loss:20%@ws", "--seed", "5"),
        ("--limits", "venue", "--fault", "too_many_requests@rest!50%", "--speed", "max"),
    ],
    ids=" ".join,
)
def test_a_run_is_repeated_whatever_moved_it(path, options):
    _, entries = recorded(path, *options)
    done = run("replay", "--transcript", path, "--json")
    facts = json.loads(done.stdout)
    assert facts == {
        "same": True,
        "common": len(entries),
        "damage": "",
        "was": None,
        "became": None,
    }


def test_no_secret_is_written(ran):
    _, entries = ran
    told = msgspec.json.encode(entries)
    assert b"/no/such?apiKey=" in told
    assert b"k3yk3y" not in told


def test_another_answer_is_told(path, ran):
    header, entries = ran
    place = next(k for k, one in enumerate(entries) if isinstance(one, AnsweredEntry))
    entries[place] = msgspec.structs.replace(entries[place], status=500)
    rewritten(path, header, entries)
    done = run("replay", "--transcript", path)
    assert done.exit_code == 1
    first, was, became = done.stdout.splitlines()
    assert first == f"not the same: {place} entries are, then"
    assert "status 500" in was
    assert "status 200" in became
    facts = json.loads(run("replay", "--transcript", path, "--json").stdout)
    assert (facts["same"], facts["common"], facts["was"]["status"]) == (False, place, 500)


def test_other_bytes_to_a_client_are_told(path, ran):
    header, entries = ran
    place = max(k for k, one in enumerate(entries) if isinstance(one, SentEntry))
    entries[place] = msgspec.structs.replace(entries[place], digest="0" * 16)
    rewritten(path, header, entries)
    done = run("replay", "--transcript", path)
    assert done.exit_code == 1
    assert "digest 0000000000000000" in done.stdout


def test_a_run_that_was_killed_is_repeated_as_far_as_it_goes(path):
    with replaying(DEMO, "--write-transcript", path, "--speed", "5") as replay:
        with listening(replay.urls, STREAM) as one:
            for _ in range(200):
                one.recv()
        replay.process.kill()
        replay.process.wait()
    done = run("replay", "--transcript", path)
    assert (done.exit_code, done.stdout.startswith("the same: ")) == (0, True)
    path.write_bytes(path.read_bytes()[:-5])
    done = run("replay", "--transcript", path)
    assert done.exit_code == 0
    assert "in the middle of a flush; what stands before it is repeated" in done.stderr


def test_the_cassettes_of_the_run_are_looked_for(path, tmp_path, ran):
    header, entries = ran
    moved = tmp_path / "gone.rpx"
    identity = CassetteIdentity(str(moved), header.cassettes[0].size, header.cassettes[0].sha256)
    rewritten(path, msgspec.structs.replace(header, cassettes=(identity,)), entries)
    done = run("replay", "--transcript", path)
    assert (done.exit_code, "its cassette cannot be read" in done.output) == (3, True)
    assert run("replay", "--transcript", path, DEMO).exit_code == 0
    moved.write_bytes(DEMO.read_bytes() + b" ")
    done = run("replay", "--transcript", path)
    assert (done.exit_code, "not what was played; expected gone.rpx" in done.output) == (3, True)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--speed", "2"), 2, "--speed beside --transcript"),
        (("--strict",), 2, "--strict beside --transcript"),
        ((), 3, "cannot be read: No such file"),
    ],
)
def test_what_is_wrong_is_told(path, options, code, said):
    done = run("replay", "--transcript", path, *options)
    assert (done.exit_code, said in done.output) == (code, True)


def test_a_file_is_not_written_over(path):
    path.write_bytes(b"mine")
    done = run("replay", DEMO, "--port", "0", "--write-transcript", path)
    assert (done.exit_code, "exists" in done.output) == (2, True)
    assert path.read_bytes() == b"mine"


def test_without_cassettes_and_file_there_is_nothing_to_replay():
    done = run("replay")
    assert (done.exit_code, "Missing argument 'CASSETTES...'" in done.output) == (2, True)
