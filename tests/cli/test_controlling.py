import pytest

from replayx.cli.controlling import ControlAddress, parse_control
from replayx.errors import InvalidOption
from tests.cli.runs import run
from tests.cli.test_replay import DEMO, replaying


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("off", None),
        ("127.0.0.1:0", ControlAddress("127.0.0.1", 0, "t")),
        ("[::1]:9000", ControlAddress("::1", 9000, "t")),
        ("box.example:1", ControlAddress("box.example", 1, "t")),
        (":9000", ControlAddress("", 9000, "t")),
    ],
)
def test_where_it_listens(text, address):
    assert parse_control(text, "t") == address


@pytest.mark.parametrize("text", ["", "on", "127.0.0.1", "127.0.0.1:65536", "::1:9", "a:b"])
def test_where_it_cannot(text):
    with pytest.raises(InvalidOption, match=r"--control: .*; expected HOST:PORT"):
        parse_control(text, "")


@pytest.fixture(autouse=True)
def runtime(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_others_may_not_command(runtime):
    done = run("replay", DEMO, "--port", "0", "--control", "0.0.0.0:0")
    assert done.exit_code == 2
    assert "--control: 0.0.0.0 can be reached from other machines" in done.output


def test_it_may_be_off(runtime):
    with replaying(DEMO, "--control", "off") as replay:
        assert "control" not in replay.ready
        assert list(runtime.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_and_no_more(runtime):
    (runtime / "replayx").write_text("in the way")
    with replaying(DEMO) as replay:
        assert replay.ready["control"].startswith("http://127.0.0.1:")
        replay.process.terminate()
        assert "`replayx ctl` needs --url" in replay.process.stderr.read()
