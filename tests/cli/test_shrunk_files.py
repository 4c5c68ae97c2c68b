import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cli.shrinking import Case
from replayx.cli.shrunk_files import ShrunkFiles
from replayx.cli.trials import Setting, Trials
from replayx.clock import NS_PER_S as S
from replayx.clock import VirtualClock
from replayx.errors import StorageFailure, WouldOverwrite
from replayx.faults.rule import Rule
from replayx.faults.toxics.loss import Loss
from tests.tapes import channel, sealed, write_cassette

T0 = 1_700_000_000 * S


class Judged(Trials):
    """Trials of which a test says how they end."""

    def __init__(self, *given, codes):
        super().__init__(*given, tries_max=9, deadline_ns=9)
        self.ran = []
        self.codes = codes

    def run(self, arguments, words, *, output=None, is_bounded=True):
        del words, output
        assert not is_bounded, "what is written is tried, however many tries there were"
        self.ran.append(arguments)
        return self.codes[len(self.ran) - 1]


def written(tmp_path, codes):
    rows = [(T0 + k * S, 0, b"%d" % k) for k in range(30)]
    path = write_cassette(tmp_path / "tape.rpx", [channel(0, "a")], [sealed(rows)])
    setting = Setting(
        cassettes=(path,), command=("bot", "--x"), seed=7, speed="max", at_end="hold", timeout_s=5.0
    )
    trials = Judged(setting, tmp_path, VirtualClock(), codes=codes)
    case = Case(rules=(Rule(name="r", toxic=Loss()),), from_ns=T0 + 10 * S, to_ns=T0 + 15 * S)
    files = ShrunkFiles(tmp_path / "out")
    return files.write(case, trials), files.folder, trials.ran


def count(path):
    with CassetteReader(path) as reader:
        return reader.frame_count


def test_the_window_is_written(tmp_path):
    is_trimmed, out, ran = written(tmp_path, [1])
    assert is_trimmed
    assert count(out / "shrunk.rpx") == 5
    assert "--from" not in ran[0]
    test = (out / "test_shrunk.py").read_text()
    compile(test, "test_shrunk.py", "exec")
    assert "'shrunk.rpx'" in test
    assert "['bot', '--x']" in test
    assert 'name = "r"' in (out / "plan.toml").read_text()


def test_what_needs_its_past_keeps_it(tmp_path):
    is_trimmed, out, ran = written(tmp_path, [0, 1])
    assert is_trimmed
    assert count(out / "shrunk.rpx") == 15
    assert ran[1][-2:] == ("--from", str(T0 + 10 * S))


def test_what_needs_all_of_the_cassette_plays_all_of_it(tmp_path):
    is_trimmed, out, _ = written(tmp_path, [0, 0])
    assert not is_trimmed
    assert not (out / "shrunk.rpx").exists()
    assert str(tmp_path / "tape.rpx") in (out / "test_shrunk.py").read_text()


def test_the_folder_is_nobody_elses(tmp_path):
    with pytest.raises(WouldOverwrite, match="exists"):
        ShrunkFiles(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    files = ShrunkFiles(tmp_path / "out" / "deeper")
    with pytest.raises(StorageFailure, match="cannot be made: Not a directory"):
        files.write(Case(rules=(), from_ns=0, to_ns=1), None)
