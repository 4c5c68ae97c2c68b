"""Where a clock is asked to go: the words of a request, and the inputs of a session they mean."""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from msgspec import UNSET, UnsetType

from replayx.clock import NS_PER_MS, NS_PER_S
from replayx.errors import InvalidOption
from replayx.quantities import parse_duration_ns, parse_instant_ns, parse_speed, time_text
from replayx.server.control.definitions import (
    DURATION,
    INSTANT,
    PRICE,
    SEEK,
    SPEED,
    Advance,
    ClockChange,
    Problem,
    Refused,
    RunUntil,
    Seek,
)
from replayx.session.effects import ClockState
from replayx.session.inputs import AnyInput, PauseAsked, ResumeAsked, SpeedAsked
from replayx.session.stops import Stop, StopAfter, StopAt, StopWhen

MakeInput = Callable[[int], AnyInput]

_LAST_NS = (1 << 63) - 1  # times are int64 in a cassette
_A_DURATION = "one such as 10s, 1.5m or 1h30m"
_A_TIME = "an ISO 8601 time, a Unix time, or an offset such as 90s or +30s"


def clock_inputs(change: ClockChange) -> list[MakeInput]:
    """Return what makes the inputs a change of the clock needs, in order. Raises Refused."""
    inputs: list[MakeInput] = []
    if not isinstance(change.speed, UnsetType):
        speed = _speed(change.speed)
        inputs.append(lambda number: SpeedAsked(number, speed))
    if not isinstance(change.paused, UnsetType):
        inputs.append(PauseAsked if change.paused else ResumeAsked)
    return inputs


def seek_ns(seek: Seek, clock: ClockState) -> int:
    """Return the time a seek goes to. Raises Refused for one that is not on the tape.

    From where it stands it goes to the tape's ends at most.
    """
    text = _words("$.to", str(seek.to), SEEK, _A_TIME)
    if text[0] in "+-":
        offset_ns = parse_duration_ns(text[1:])
        to_ns = clock.position_ns + (-offset_ns if text[0] == "-" else offset_ns)
        return max(clock.start_ns, min(to_ns, clock.end_ns))
    at_ns = _instant_ns("$.to", text, clock)
    if not _is_on_tape(at_ns, clock):
        tape_s = (clock.end_ns - clock.start_ns) / NS_PER_S
        tape = f"{time_text(clock.start_ns)} to {time_text(clock.end_ns)}, or 0s to {tape_s:g}s"
        raise Refused(Problem(409, f"{text} is not on the tape", expected=tape, where="$.to"))
    return at_ns


def advance_stop(advance: Advance, clock: ClockState) -> Stop:
    """Return where an advance stops. Raises Refused."""
    if not isinstance(advance.messages, UnsetType):
        return StopAfter(advance.messages)
    assert not isinstance(advance.by, UnsetType), "one of both, says check_groups"
    text = _words("$.by", advance.by, DURATION, _A_DURATION)
    return StopAt(min(clock.position_ns + parse_duration_ns(text), _LAST_NS))


def run_until_stop(asked: RunUntil, clock: ClockState) -> Stop:
    """Return where a run stops. Raises Refused."""
    if isinstance(asked.at, UnsetType):
        return StopWhen(
            channel=asked.channel or "",
            event="" if isinstance(asked.event, UnsetType) else asked.event.value,
            price_crosses=_price(asked.price_crosses),
        )
    text = _words("$.at", str(asked.at), INSTANT, _A_TIME)
    if text[0] == "+":
        at_ns = clock.position_ns + parse_duration_ns(text[1:])
    else:
        at_ns = _instant_ns("$.at", text, clock)
    if at_ns < clock.position_ns:
        expected = f"a time from {time_text(clock.position_ns)} on"
        hint = "Seek to go back"
        problem = Problem(409, f"{text} has passed", expected=expected, where="$.at", hint=hint)
        raise Refused(problem)
    return StopAt(min(at_ns, _LAST_NS))


def timeout_s(asked: RunUntil) -> float | None:
    """Return how long a run may take, None for as long as it needs. Raises Refused."""
    if isinstance(asked.timeout, UnsetType):
        return None
    text = _words("$.timeout", asked.timeout, DURATION, _A_DURATION)
    return min(parse_duration_ns(text), _LAST_NS) / NS_PER_S


def _words(where: str, text: str, pattern: str, expected: str) -> str:
    """Return a text that is of the form the document tells. Raises Refused."""
    if re.fullmatch(pattern, text) is None:
        raise Refused(Problem(400, f"{text[:64]!r}", expected=expected, where=where))
    return text


def _speed(given: str | float) -> Fraction | None:
    if not isinstance(given, str):
        return Fraction(str(given))
    return parse_speed(_words("$.speed", given, SPEED, "a number above 0, a ratio, or max"))


def _instant_ns(where: str, text: str, clock: ClockState) -> int:
    """Return a time of the tape: as it was recorded, or else as clients see it."""
    try:
        at_ns = parse_instant_ns(text, clock.start_ns)
    except InvalidOption as error:  # of the right form, but in no calendar
        problem = Problem(409, f"there is no {text}", expected=error.expected or "", where=where)
        raise Refused(problem) from error
    recorded_ns = at_ns - clock.shift_ms * NS_PER_MS
    is_told = not _is_on_tape(at_ns, clock) and _is_on_tape(recorded_ns, clock)
    return recorded_ns if is_told else at_ns


def _is_on_tape(at_ns: int, clock: ClockState) -> bool:
    return clock.start_ns <= at_ns <= clock.end_ns


def _price(given: str | float | UnsetType) -> str:
    if given is UNSET:
        return ""
    if isinstance(given, float | int):
        return f"{Decimal(str(given)):f}".removesuffix(".0")
    assert isinstance(given, str)
    return _words("$.price_crosses", given, PRICE, "a decimal such as 60000.5")
