"""How a replay server is to play."""

import ssl
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec

from replayx.faults.rule import NO_PLAN, Plan
from replayx.ratelimit.limits_document import NO_LIMITS, Limits
from replayx.session.clockwork import Regime
from replayx.session.pulse import Liveness
from replayx.session.session import AtEnd, OnSeek

Instant = Callable[[int], int]  # when the tape starts -> a time on it


class ReplayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a tape is replayed. `ports`: one a market in the cassette's order; 0 takes a free one.

    `speed` None is as fast as clients read. `starts`: "first-client", "now" or "command".
    `from_at` and `to_at` say, given when the tape starts, from and to when it is played.
    `laps`: how often it is played; None: again and again.
    `rebase_to` says, given the venue's time where it starts, when that is for clients; "now": when
    it is started; None: as it was recorded. `timelines` are the private ones that have a port of
    their own: (name, port). `plan`: the faults that are injected from the start; `seed`:
    of chance in it, where it has none of its own. `transcript`: where the whole run is written;
    those of private timelines beside it.
    """

    host: str = "127.0.0.1"
    ports: tuple[int, ...] = (0,)
    speed: Fraction | None = Fraction(1)
    at_end: AtEnd = AtEnd.HOLD
    starts: str = "first-client"
    from_at: Instant | None = None
    to_at: Instant | None = None
    laps: int | None = 1
    rebase_to: Instant | Literal["now"] | None = None
    regime: Regime = Regime.WALL
    liveness: Liveness | None = None
    on_seek: OnSeek = OnSeek.CLOSE
    skip_idle_ns: int | None = None
    roll_call: bool = True
    derive: bool = True
    timelines: tuple[tuple[str, int], ...] = ()
    plan: Plan = NO_PLAN
    seed: int = 0
    limits: Limits = NO_LIMITS
    tls: ssl.SSLContext | None = None
    transcript: Path | None = None
