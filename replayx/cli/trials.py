"""Trials of cases: each is run once, within bounds, and told on stderr."""

from pathlib import Path
from typing import IO

import click
import msgspec

from replayx.cli.shrinking import Case, OutOfTries
from replayx.cli.trial import Trial, replay_arguments
from replayx.clock import NS_PER_S, Clock
from replayx.errors import InvalidOption
from replayx.faults.plan_text import plan_toml
from replayx.faults.rule import Plan

# No command exits with it: codes are 0 to 255, or a signal's number below 0, which ends at -64.
NOT_PLAYED = -1000


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What all tries have in common."""

    cassettes: tuple[Path, ...]
    command: tuple[str, ...]
    seed: int
    speed: str
    at_end: str
    timeout_s: float

    def arguments(self, cassettes: tuple[Path, ...], plan: Path) -> tuple[str, ...]:
        """Return the arguments of `replayx replay` for a plan in a file."""
        return replay_arguments(
            cassettes, plan, seed=self.seed, speed=self.speed, at_end=self.at_end
        )


class Trials:
    """Runs cases. `failing_code` is what a try has to exit with to count as failing."""

    def __init__(
        self, setting: Setting, folder: Path, clock: Clock, *, tries_max: int, deadline_ns: int
    ) -> None:
        self.setting = setting
        self.failing_code = 1
        self.count = 0
        self._plan = folder / "plan.toml"
        self._clock = clock
        self._tries_max = tries_max
        self._deadline_ns = deadline_ns
        self._codes: dict[tuple[str, int, int], int] = {}

    def fails(self, case: Case) -> bool:
        """Say whether a case fails. Raises OutOfTries, InvalidOption."""
        return self.code(case) == self.failing_code

    def code(self, case: Case, *, output: IO[str] | int | None = None) -> int:
        """Return what the command exits with. Raises OutOfTries, InvalidOption."""
        text = plan_toml(Plan(rules=case.rules))
        key = (text, case.from_ns, case.to_ns)
        if key not in self._codes:
            self._plan.write_text(text, encoding="utf-8")
            window = ("--from", str(case.from_ns), "--to", str(case.to_ns))
            arguments = (*self.setting.arguments(self.setting.cassettes, self._plan), *window)
            self._codes[key] = self.run(arguments, _in_words(case), output=output)
        return self._codes[key]

    def run(
        self,
        arguments: tuple[str, ...],
        words: str,
        *,
        output: IO[str] | int | None = None,
        is_bounded: bool = True,
    ) -> int:
        """Run the command against a replay. Raises OutOfTries; the first time InvalidOption."""
        began_ns = self._clock.now_ns()
        is_over = self.count >= self._tries_max or began_ns >= self._deadline_ns
        if is_bounded and is_over:
            raise OutOfTries
        self.count += 1
        click.echo(f"try {self.count}: {words} ... ", nl=False, err=True)
        trial = Trial(
            arguments=arguments, command=self.setting.command, timeout_s=self.setting.timeout_s
        )
        try:
            code = trial.exit_code(output=output)
        except InvalidOption as error:
            if self.count == 1:
                raise
            # A toxic may be no toxic any more without what was left out: then nothing fails.
            click.echo(f"not played: {error}", err=True)
            return NOT_PLAYED
        took_s = (self._clock.now_ns() - began_ns) / NS_PER_S
        click.echo(f"exit code {code}, {took_s:.1f} s", err=True)
        return code


def _in_words(case: Case) -> str:
    lasts_s = (case.to_ns - case.from_ns) / NS_PER_S
    rules = ", ".join(rule.name for rule in case.rules[:4])
    more = f" and {len(case.rules) - 4} more" if len(case.rules) > 4 else ""
    return f"{rules or 'no fault'}{more} on {lasts_s:.1f} s of tape"
