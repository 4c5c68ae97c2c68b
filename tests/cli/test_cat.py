import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cli.cat import TYPES
from replayx.errors import ExitCode
from tests.cassettes import write_small
from tests.cli.runs import flip, lines, run


@pytest.fixture
def small(tmp_path):
    return write_small(tmp_path / "small.rpx")


def words(found):
    return [line.get("ev", line["src"]) for line in found]


def test_everything_in_order(small):
    assert words(lines(run("cat", small))) == [
        "open", "sent", "msg", "msg", "msg", "msg", "ping", "pong", "rest",
        "msg", "msg", "msg", "msg", "msg", "rest", "gap", "closed", "msg", "msg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--channel", "aaa@*"), ["msg"] * 6),
        (("--channel", "bbb@book"), ["msg", "gap", "msg", "msg"]),
        (("--channel", "nobody"), []),
        (("--channel", "aaa@*", "--channel", "bbb@*", "--type", "ws"), ["msg"] * 9),
        (("--type", "rest"), ["rest", "rest"]),
        (("--type", "control"), ["ping", "pong"]),
        (("--type", "sent", "--type", "open"), ["open", "sent"]),
        (("--direction", "out"), ["open", "sent", "pong", "rest", "rest"]),
        (("--direction", "in", "--type", "control"), ["ping"]),
        (("--direction", "in", "--type", "closed"), ["closed"]),
        (("--from", "1006ms"), ["rest", "gap", "closed", "msg", "msg"]),
        (("--from", "1002ms", "--to", "1004ms"), ["msg", "msg"]),
        (("--to", "1ms"), ["open", "sent", "msg", "msg", "msg"]),
        (("--from", "2023-11-14T22:13:22Z"), ["msg", "msg"]),
        (("--from", "1700000002"), ["msg", "msg"]),
        (("--from", "1700000002500"), ["msg"]),
        (("--limit", "2"), ["open", "sent"]),
        (("--limit", "0"), []),
    ],
)
def test_filters(small, options, expected):
    assert words(lines(run("cat", small, *options))) == expected


def test_a_late_start_still_knows_the_connections(small):
    found = lines(run("cat", small, "--from", "1001ms", "--limit", "1"))
    assert (found[0]["conn"], found[0]["url"]) == ("c1", "wss://ws.alpha.test:9443/stream")


def test_what_is_readable_of_a_damaged_file_is_printed(small):
    with CassetteReader(small) as reader:
        offset = reader.chunks.offsets[1]
    done = run("cat", flip(small, offset + 50))
    assert len(done.stdout.splitlines()) == 9
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "error:" in done.stderr


@pytest.mark.parametrize("time", ["yesterday", "10 parsecs", "2026-99-01"])
def test_a_time_that_is_none_is_told(small, time):
    done = run("cat", small, "--from", time)
    assert done.exit_code == ExitCode.USAGE
    assert repr(time) in done.stderr


def test_every_type_is_in_the_help():
    help_text = run("cat", "--help").stdout
    assert all(word in help_text for word in TYPES)
