from replayx.cassette.reader import CassetteReader
from replayx.errors import ExitCode
from tests.cassettes import START_NS, write_small
from tests.cli.runs import flip, lines, run


def test_facts_as_json(tmp_path):
    (facts,) = lines(run("inspect", write_small(tmp_path / "a.rpx"), "--json"))
    assert facts["counts"] == {
        "messages": 11, "rest": 2, "wsapi": 0, "opened": 1, "continued": 1, "closed": 1,
        "sent": 1, "control": 2, "gaps": 1,
    }  # fmt: skip
    assert (facts["start_ns"], facts["is_finished"], facts["damage"]) == (START_NS, True, None)
    assert [(row["name"], row["kind"], row["messages"]) for row in facts["channels"]] == [
        ("aaa@trade", "stream", 6), ("", "reply", 1), ("bbb@book", "stream", 3), ("", "opaque", 1),
    ]  # fmt: skip
    assert facts["channels"][3]["payload_bytes"] == 130
    assert [(row["route"], row["count"]) for row in facts["routes"]] == [
        ("GET /api/thing", 1), ("POST /api/thing", 1),
    ]  # fmt: skip
    assert [row["closed"] for row in facts["connections"]] == ["1001 by venue", None]
    assert facts["gaps"][0]["reason"] == "sequence"


def test_tables_for_people(tmp_path):
    text = run("inspect", write_small(tmp_path / "a.rpx")).stdout
    for word in ("wss://ws.alpha.test:9443", "aaa@trade", "GET /api/thing", "sequence", "finished"):
        assert word in text
    assert "\x1b[" not in text


def test_an_unfinished_file_is_told(tmp_path):
    assert "unfinished" in run("inspect", write_small(tmp_path / "a.rpx", finished=False)).stdout


def test_damage_is_told_and_what_is_readable_counted(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with CassetteReader(path) as reader:
        offset = reader.chunks.offsets[1]
    done = run("inspect", flip(path, offset + 50), "--json")
    assert done.exit_code == ExitCode.FOUND
    assert '"messages":4' in done.stdout
    assert "checksum" in done.stdout
