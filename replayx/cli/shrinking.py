"""Making a failing case smaller: fewer rules, a shorter tape, shorter windows, fewer times.

A *case* is what a try is made of. What is tried next depends on what failed before, and on nothing
else; the smallest case that failed is kept when tries run out.
"""

from collections.abc import Callable

import msgspec

from replayx.cli.ddmin import ddmin, least
from replayx.clock import NS_PER_S
from replayx.faults.rule import Rule

# A window is not made shorter by less than this: messages come in bursts of about a second.
_LEAST_NS = NS_PER_S
_STEPS = 64  # and by no less than so many parts of it
_TIMES = (1, 2, 4, 8)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Some rules, and the part of the tape that is played: its times in ns."""

    rules: tuple[Rule, ...]
    from_ns: int
    to_ns: int


class OutOfTries(Exception):
    """No more tries are allowed, or there is no more time."""


class Shrinker:
    """Makes a case smaller. `best` is the smallest that failed; `is_done`: nothing was left out."""

    def __init__(self, case: Case, fails: Callable[[Case], bool]) -> None:
        """Take a case that fails. `fails` raises OutOfTries when it is asked too often."""
        self.best = case
        self.is_done = False
        self._fails = fails

    def shrink(self) -> Case:
        """Return the smallest case found."""
        try:
            if self.best.rules and not self._try(rules=()):
                ddmin(self.best.rules, lambda rules: self._try(rules=tuple(rules)))
            self._shorten_tape()
            for place in range(len(self.best.rules)):
                self._shorten_rule(place)
        except OutOfTries:
            return self.best
        self.is_done = True
        return self.best

    def _try(self, **changes: object) -> bool:
        case = msgspec.structs.replace(self.best, **changes)
        is_failing = self._fails(case)
        if is_failing:
            self.best = case
        return is_failing

    # ---- the tape

    def _shorten_tape(self) -> None:
        first, last = self.best.from_ns, self.best.to_ns
        step = _step(last - first)
        # The end first: what comes before it stays as it was, message for message.
        last = least(first, last, step, lambda to_ns: self._try(to_ns=to_ns))
        least(-last, -first, step, lambda negative: self._start_at(-negative))

    def _start_at(self, from_ns: int) -> bool:
        """Try a later start; what rules say of times since the start moves with it."""
        later_ns = from_ns - self.best.from_ns
        rules = tuple(_moved(rule, later_ns) for rule in self.best.rules)
        return self._try(from_ns=from_ns, rules=rules)

    # ---- rules

    def _shorten_rule(self, place: int) -> None:
        lasts_ns = self.best.to_ns - self.best.from_ns
        when = self.best.rules[place].when
        until_ns = lasts_ns if when.until_ns is None else min(when.until_ns, lasts_ns)
        step = _step(until_ns - when.from_ns)
        until_ns = least(
            when.from_ns, until_ns, step, lambda one: self._try_when(place, until_ns=one)
        )
        least(-until_ns, -when.from_ns, step, lambda one: self._try_when(place, from_ns=-one))
        for times in _TIMES:
            if when.times is not None and times >= when.times:
                break
            if self._try_when(place, times=times):
                break

    def _try_when(self, place: int, **changes: object) -> bool:
        rules = list(self.best.rules)
        when = msgspec.structs.replace(rules[place].when, **changes)
        rules[place] = msgspec.structs.replace(rules[place], when=when)
        return self._try(rules=tuple(rules))


def _step(lasts_ns: int) -> int:
    return max(_LEAST_NS, lasts_ns // _STEPS)


def _moved(rule: Rule, later_ns: int) -> Rule:
    """Return a rule that acts when it did, on a tape that starts later."""
    when = rule.when
    until_ns = None if when.until_ns is None else max(1, when.until_ns - later_ns)
    from_ns = max(0, when.from_ns - later_ns)
    moved = msgspec.structs.replace(when, from_ns=from_ns, until_ns=until_ns)
    return msgspec.structs.replace(rule, when=moved)
