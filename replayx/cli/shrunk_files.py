"""What `replayx shrink` leaves behind: a small cassette, a plan, and a test that repeats it."""

from collections.abc import Sequence
from pathlib import Path

from replayx.cassette.reader import CassetteReader
from replayx.cassette.transform import Selection, repack
from replayx.cli.shrinking import Case
from replayx.cli.trial import VARIABLES
from replayx.cli.trials import Setting, Trials
from replayx.errors import StorageFailure, WouldOverwrite
from replayx.faults.plan_text import plan_toml
from replayx.faults.rule import Plan

_TEST = '''"""Made by `replayx shrink`: the command exits with {code} under these faults."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
REPLAY = {replay!r}
COMMAND = {command!r}
VARIABLES = {variables!r}


def test_the_command_does_not_fail_as_it_did():
    server = subprocess.Popen(
        [sys.executable, "-m", "replayx", "replay", *REPLAY, "--json"],
        cwd=HERE,
        stdout=subprocess.PIPE,
    )
    try:
        ready = json.loads(server.stdout.readline())
        urls = next(iter(ready["listeners"].values()))
        told = [urls.get("rest"), urls.get("ws"), urls.get("wsapi"), ready.get("control")]
        addresses = {{name: url for name, url in zip(VARIABLES, told) if url}}
        environment = {{**os.environ, **addresses}}
        done = subprocess.run(COMMAND, cwd={cwd!r}, env=environment, timeout={timeout!r})
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
    assert done.returncode != {code}
'''


class ShrunkFiles:
    """The folder that is written into. It is made, and is nobody else's."""

    def __init__(self, folder: Path) -> None:
        """Take where to write. Raises WouldOverwrite."""
        if folder.exists():
            raise WouldOverwrite(f"{folder} exists", hint="Choose another with --out")
        self.folder = folder

    def write(self, case: Case, trials: Trials) -> bool:
        """Write what repeats a case; say whether a trimmed cassette does.

        Raises CassetteError, StorageFailure, InvalidOption.
        """
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise StorageFailure(f"{self.folder}: cannot be made: {error.strerror}") from error
        plan = self.folder / "plan.toml"
        seed = trials.setting.seed
        plan.write_text(plan_toml(Plan(seed=seed, rules=case.rules)), encoding="utf-8")
        cassettes, window = self._small(case, plan, trials)
        is_trimmed = cassettes != trials.setting.cassettes
        names = tuple(Path(one.name) if is_trimmed else one.absolute() for one in cassettes)
        arguments = (*trials.setting.arguments(names, Path(plan.name)), *window)
        self._write_test(arguments, trials.setting, trials.failing_code)
        return is_trimmed

    def _small(
        self, case: Case, plan: Path, trials: Trials
    ) -> tuple[tuple[Path, ...], tuple[str, ...]]:
        """Return the smallest cassettes that still fail, and what is played of them."""
        setting = trials.setting
        start = ("--from", str(case.from_ns))
        # What was recorded before the window may be needed: answers, a book's snapshot.
        choices: tuple[tuple[int | None, tuple[str, ...]], ...] = (
            (case.from_ns, ()),
            (None, start),
        )
        for first_ns, window in choices:
            cassettes = self._trimmed(setting.cassettes, first_ns, case.to_ns)
            if self._still_fails((*setting.arguments(cassettes, plan), *window), trials):
                return cassettes, window
            for one in cassettes:
                one.unlink()
        return setting.cassettes, (*start, "--to", str(case.to_ns))

    def _still_fails(self, arguments: tuple[str, ...], trials: Trials) -> bool:
        # Tried even where tries or time are used up: else it is not known, and all would be kept.
        code = trials.run(arguments, "what is written", is_bounded=False)
        return code == trials.failing_code

    def _trimmed(
        self, cassettes: Sequence[Path], from_ns: int | None, to_ns: int
    ) -> tuple[Path, ...]:
        """Write the window of each cassette that has something in it."""
        targets: list[Path] = []
        for number, source in enumerate(cassettes, 1):
            target = self.folder / ("shrunk.rpx" if number == 1 else f"shrunk-{number}.rpx")
            with CassetteReader(source) as reader:
                is_played = reader.start_ns < to_ns
            if is_played or not targets:
                repack(source, target, selection=Selection(from_ns, to_ns))
                targets.append(target)
        return tuple(targets)

    def _write_test(self, arguments: tuple[str, ...], setting: Setting, code: int) -> None:
        text = _TEST.format(
            code=code,
            replay=list(arguments),
            command=list(setting.command),
            variables=list(VARIABLES),
            cwd=str(Path.cwd()),
            timeout=setting.timeout_s,
        )
        (self.folder / "test_shrunk.py").write_text(text, encoding="utf-8")
