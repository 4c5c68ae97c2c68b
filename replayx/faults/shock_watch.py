"""Noting shocks: each step of one is in the fault log once the tape has come to it.

A shock is worked into the tape before it is played; what a log says of it is when it was met.
"""

from collections.abc import Iterable, Sequence

from replayx.faults.fault_log import FaultLog
from replayx.faults.rule import Plan, Rule
from replayx.faults.shock import Shock, ShockStep, clipped, shocks_of
from replayx.timeline.merge import Run


class ShockWatch:
    """Notes the steps of a plan's shocks as they come; the index is that of the step."""

    def __init__(self, plan: Plan, markets: Iterable[str], log: FaultLog, *, start_ns: int) -> None:
        """Take the plan that the run was started with, and when the tape starts.

        Raises InvalidOption.
        """
        markets = tuple(markets)
        self._log = log
        self._steps: Sequence[tuple[int, int, Rule, str]] = sorted(
            (
                (start_ns + step.after_ns, k, rule, market)
                for rule in shocks_of(plan)
                for k, step in enumerate(_steps(rule))
                for market in markets
                if rule.where.market in ("", market)
            ),
            key=lambda one: one[:2],
        )
        self._met = 0

    @property
    def is_idle(self) -> bool:
        """Whether all steps have been met."""
        return self._met >= len(self._steps)

    def note(self, run: Run, stop: int) -> None:
        """Note the steps up to the last of some messages, the one before `stop`."""
        at_ns = run.batch.at[stop - 1]
        while not self.is_idle and self._steps[self._met][0] <= at_ns:
            step_ns, k, rule, market = self._steps[self._met]
            self._log.note(
                rule.name,
                rule.toxic.type,
                market=market,
                link=f"{market}/tape",
                touched=((k, step_ns),),
            )
            self._met += 1

    def reset(self) -> None:
        """Forget what was met: a run begins again."""
        self._met = 0


def _steps(rule: Rule) -> Sequence[ShockStep]:
    assert isinstance(rule.toxic, Shock)
    return clipped(rule.toxic.path(), rule.when)
