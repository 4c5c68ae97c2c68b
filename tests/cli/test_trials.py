from pathlib import Path

import pytest

from replayx.cli.shrinking import Case, OutOfTries
from replayx.cli.trial import Trial
from replayx.cli.trials import NOT_PLAYED, Setting, Trials
from replayx.clock import VirtualClock
from replayx.errors import InvalidOption
from replayx.faults.rule import Rule
from replayx.faults.toxics.loss import Loss

RULES = tuple(Rule(name=name, toxic=Loss()) for name in "abcdef")


@pytest.fixture
def runs(monkeypatch):
    """Runs of a command that fails with 3 if its plan has a rule called a."""
    seen = []

    def exit_code(self, *, output=None):
        path = self.arguments[self.arguments.index("--faults") + 1]
        with Path(path).open() as plan:
            seen.append(self.arguments)
            return 3 if 'name = "a"' in plan.read() else 0

    monkeypatch.setattr(Trial, "exit_code", exit_code)
    return seen


def trials(folder, *, tries_max=10, deadline_ns=100, clock=None):
    setting = Setting(
        cassettes=("a.rpx",), command=("bot",), seed=7, speed="max", at_end="hold", timeout_s=1.0
    )
    made = Trials(
        setting, folder, clock or VirtualClock(), tries_max=tries_max, deadline_ns=deadline_ns
    )
    made.failing_code = 3
    return made


def case(rules=RULES, from_ns=5, to_ns=9):
    return Case(rules=rules, from_ns=from_ns, to_ns=to_ns)


def test_a_case_is_run_with_its_plan_and_window(tmp_path, runs):
    made = trials(tmp_path)
    assert made.fails(case())
    assert not made.fails(case(RULES[1:]))
    assert runs[0][-4:] == ("--from", "5", "--to", "9")
    assert runs[0][runs[0].index("--seed") + 1] == "7"


def test_a_case_is_run_once(tmp_path, runs):
    made = trials(tmp_path)
    assert [made.code(case()) for _ in range(3)] == [3, 3, 3]
    assert (len(runs), made.count) == (1, 1)
    made.code(case(to_ns=8))
    assert len(runs) == 2


def test_tries_are_bounded(tmp_path, runs):
    made = trials(tmp_path, tries_max=1)
    made.code(case())
    made.code(case())
    with pytest.raises(OutOfTries):
        made.code(case(to_ns=8))
    assert len(runs) == 1
    made.run(runs[0], "what is written", is_bounded=False)
    assert len(runs) == 2


def test_time_is_bounded(tmp_path, runs):
    clock = VirtualClock()
    made = trials(tmp_path, clock=clock)
    made.code(case())
    clock.advance(100)
    with pytest.raises(OutOfTries):
        made.code(case(to_ns=8))
    assert len(runs) == 1


def test_what_is_tried_is_told_on_stderr(tmp_path, runs, capsys):
    trials(tmp_path).code(case())
    told = capsys.readouterr().err
    assert told.startswith("try 1: a, b, c, d and 2 more on 0.0 s of tape ... exit code 3")
    assert runs


def test_a_plan_that_is_none_any_more_does_not_fail(tmp_path, monkeypatch, capsys):
    def exit_code(self, *, output=None):
        raise InvalidOption("no such toxic")

    monkeypatch.setattr(Trial, "exit_code", exit_code)
    made = trials(tmp_path)
    with pytest.raises(InvalidOption):
        made.code(case())
    assert made.code(case(to_ns=8)) == NOT_PLAYED
    assert "not played: no such toxic" in capsys.readouterr().err
