"""Shocks: toxics that act on the tape itself, before it is played: on what the market did.

A shock has no link and no chance: it changes what all clients are told from a time of the tape on,
books, trades, candles and answers alike. So it comes from the plan that a run is started with.
"""

from fractions import Fraction
from typing import NamedTuple

from replayx.errors import InvalidOption
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.faults.toxic import Toxic
from replayx.limits import SHOCK_STEPS_MAX
from replayx.market.distortion import NONE, Distortion


class ShockStep(NamedTuple):
    """What is in force from so long after a shock began."""

    after_ns: int
    distortion: Distortion


class Shock(Toxic, frozen=True, kw_only=True):
    """What a market did otherwise. Of a rule's `where` it takes market and symbol; of its `when`
    from, until and for.
    """

    def path(self) -> tuple[ShockStep, ...]:
        """Return what is in force when, in order. Raises InvalidOption for too many steps."""
        raise AssertionError(f"{self.type} says nothing of its path")


def shocks_of(plan: Plan) -> tuple[Rule, ...]:
    """Return the rules of a plan that act on the tape.

    Raises InvalidOption for one that is to act where or when no shock can.
    """
    found = tuple(rule for rule in plan.rules if isinstance(rule.toxic, Shock))
    for rule in found:
        where, when = rule.where, rule.when
        wrong = where != Where(market=where.market, symbol=where.symbol) or when != When(
            from_ns=when.from_ns, until_ns=when.until_ns, for_ns=when.for_ns
        )
        if wrong:
            raise InvalidOption(
                f"a {rule.toxic.type} for some messages or connections only",
                expected="of where: market, symbol; of when: from, until, for",
                where=f"rule {rule.name!r}",
                hint="a shock changes the market itself, for all clients",
            )
    return found


def refuse_other_shocks(started: Plan, wanted: Plan) -> None:
    """Raise InvalidOption if a plan for a run under way has other shocks than it began with."""
    running = {rule.name: rule for rule in shocks_of(started)}
    given = {rule.name: rule for rule in shocks_of(wanted)}
    if running == given:
        return
    names = [name for name in {**running, **given} if running.get(name) != given.get(name)]
    raise InvalidOption(
        f"another shock of the market ({', '.join(names)}) while the tape is played",
        expected="the shocks that the run was started with",
        hint="shocks are worked into the tape before it is played: start the replay again with"
        " this plan (--faults PLAN)",
    )


def ramp(
    start_ns: int, lasts_ns: int, step_ns: int, shares: tuple[Fraction, Fraction]
) -> list[tuple[int, Fraction]]:
    """Return shares that go from one to the other in equal steps, reached at the end of each.

    Raises InvalidOption for too many steps.
    """
    count = max(1, -(-lasts_ns // max(1, step_ns)))
    if count > SHOCK_STEPS_MAX:
        raise InvalidOption(
            f"a price that moves in {count} steps",
            expected=f"at most {SHOCK_STEPS_MAX}",
            hint="with a longer `step` or a shorter time",
        )
    first, last = shares
    return [
        (start_ns + lasts_ns * k // count, first + (last - first) * Fraction(k, count))
        for k in range(1, count + 1)
    ]


def clipped(path: tuple[ShockStep, ...], when: When) -> list[ShockStep]:
    """Return a path within its rule's window, from the tape's start on."""
    ends = [when.until_ns, None if when.for_ns is None else when.from_ns + when.for_ns]
    end_ns = min((end for end in ends if end is not None), default=None)
    steps = [ShockStep(when.from_ns + step.after_ns, step.distortion) for step in path]
    if end_ns is None:
        return steps
    return [step for step in steps if step.after_ns < end_ns] + [ShockStep(end_ns, NONE)]
