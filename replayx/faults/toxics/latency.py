"""latency: everything arrives later, by a constant or by a distribution.

    message ── base due ──> + delay ± jitter ──> never before what was sent before it

One number a message is turned into a delay by the inverse of the distribution. Correlated delays
walk through normal scores (x' = r x + sqrt(1 - r²) z), which leaves each one's distribution exact.
"""

from collections.abc import Callable, Sequence
from math import erf, exp, log, sqrt
from statistics import NormalDist
from typing import ClassVar, Literal

from replayx.clock import NS_PER_MS
from replayx.faults.attributes import Duration, Ratio
from replayx.faults.flow import Flow
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import delayed, put_off
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import Draws, LinkToxic, RequestToxic, Stage, Toxic
from replayx.limits import FAULT_DURATION_NS_MAX

Distribution = Literal["constant", "uniform", "normal", "lognormal", "pareto", "recorded"]
# Draws are in [0, 1); where 0 or 1 would be infinitely far away they stay this far from them.
_EDGE = 2.0**-53
# The Pareto tail that netem's pareto.c has: a finite mean and an (almost) infinite variance.
_SHAPE = 3.0
_quantile = NormalDist().inv_cdf


class Latency(Toxic, frozen=True, kw_only=True):
    """Everything arrives later by a delay, constant or drawn for each message or request.

    delay, jitter by distribution: `constant`: delay. `uniform`: delay ± jitter. `normal`: mean
    delay, standard deviation jitter. `lognormal`: median delay; one in six is later than delay +
    jitter. `pareto`: at least delay, jitter / 2 more on average, with a heavy tail. `recorded`:
    delay, and as late again as the message was when it was recorded. Without a word: constant, or
    uniform if there is a jitter. correlation: how much a delay is like the one before.
    """

    type: ClassVar[str] = "latency"
    source: ClassVar[str] = "Toxiproxy: latency; netem(8): delay"
    stage: ClassVar[Stage] = Stage.TRANSPORT
    draws: ClassVar[int] = 1

    delay: Duration = Duration(100 * NS_PER_MS)
    jitter: Duration = Duration(0)
    distribution: Distribution | None = None
    correlation: Ratio = Ratio(0)

    def __post_init__(self) -> None:
        """Raises ValueError for attributes that contradict each other."""
        if self.jitter and self.shape in ("constant", "recorded"):
            raise ValueError(f"jitter with the distribution {self.shape!r}; expected none")
        if self.shape == "lognormal" and not self.delay:
            raise ValueError("delay 0s; expected more: it is the median of a lognormal")
        if self.correlation and not self.jitter:
            raise ValueError("correlation without jitter; expected a jitter that it is of")
        if self.correlation >= 1:
            raise ValueError("correlation 1; expected less: all delays would be the first")

    @property
    def shape(self) -> Distribution:
        """The distribution, also where none is named."""
        return self.distribution or ("uniform" if self.jitter else "constant")

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what delays the messages of a link."""
        if link.carrier is Carrier.REST:
            return None
        if self.shape == "recorded":
            return LaggingLink(self.delay)
        return DelayedLink(self)

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what delays requests or answers; over a WebSocket they are messages."""
        return DelayedRequests(self, link.direction) if link.carrier is Carrier.REST else None

    def delays(self) -> "Delays":
        """Return what turns numbers into delays, one link's one after another."""
        return Delays(self)


class Delays:
    """Turns numbers in [0, 1) into delays, in ns. Correlated ones depend on those before."""

    def __init__(self, latency: Latency) -> None:
        self._of = _inverse(latency)
        self._correlation = float(latency.correlation)
        self._score: float | None = None

    def next_ns(self, draw: float) -> int:
        """Return the next delay."""
        if self._correlation:
            draw = self._correlated(draw)
        return min(max(0, int(self._of(draw))), FAULT_DURATION_NS_MAX)

    def _correlated(self, draw: float) -> float:
        score = _quantile(_inside(draw))
        if self._score is not None:
            score = self._correlation * self._score + sqrt(1 - self._correlation**2) * score
        self._score = score
        return (1 + erf(score / sqrt(2))) / 2


def _inside(draw: float) -> float:
    return min(max(draw, _EDGE), 1 - _EDGE)


def _inverse(latency: Latency) -> Callable[[float], float]:
    """Return the inverse of the distribution function, in ns."""
    delay, jitter = int(latency.delay), int(latency.jitter)
    match latency.shape:
        case "uniform":
            return lambda draw: delay + (2 * draw - 1) * jitter
        case "normal":
            return lambda draw: delay + jitter * _quantile(_inside(draw))
        case "lognormal":
            sigma = log(1 + jitter / delay)
            return lambda draw: delay * exp(sigma * _quantile(_inside(draw)))
        case "pareto":
            return lambda draw: delay + jitter * ((1 - _inside(draw)) ** (-1 / _SHAPE) - 1)
        case "constant" | "recorded":
            return lambda _: delay


class DelayedLink:
    """Delays messages: all of them at once where the delay is constant."""

    def __init__(self, latency: Latency) -> None:
        self._constant_ns = None if latency.jitter else int(latency.delay)
        self._delays = latency.delays()

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Delay what fired."""
        if self._constant_ns is not None:
            flow.parts = delayed(flow.parts, fired, self._constant_ns)
            return fired
        column = draws.column(0)
        next_ns = self._delays.next_ns
        flow.parts = put_off(flow.parts, fired, {k: next_ns(column[k]) for k in fired})
        return fired


class DelayedRequests:
    """Delays requests on their way to the venue, or answers on their way back."""

    def __init__(self, latency: Latency, direction: Direction) -> None:
        self._delays = latency.delays()
        self._is_downstream = direction is Direction.DOWNSTREAM

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Delay a request, or its answer."""
        delay_ns = self._delays.next_ns(draws[0])
        if self._is_downstream:
            trip.departure_delay_ns += delay_ns
        else:
            trip.arrival_delay_ns += delay_ns
        return True


class LaggingLink:
    """Delays each message by as much as it was late when it was recorded.

    That is what the venue's clock showed when it was received, less the venue's time in it. What
    tells no time is as late as what came before it.
    """

    def __init__(self, delay: Duration) -> None:
        self._delay_ns = int(delay)
        self._lag_ns = 0

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Delay what fired."""
        del draws
        lag_ns = {k: self._delay_ns + self._lag(flow, k) for k in fired}
        flow.parts = put_off(flow.parts, fired, lag_ns)
        return fired

    def _lag(self, flow: Flow, k: int) -> int:
        time_ms = None
        if flow.venue is not None and flow.channel[k]:
            time_ms = flow.venue.event_time_ms(bytes(flow.payload(k)))
        if time_ms is not None:
            lag_ns = max(0, flow.venue_ms(flow.at_ns[k]) - time_ms) * NS_PER_MS
            self._lag_ns = min(lag_ns, FAULT_DURATION_NS_MAX)
        return self._lag_ns
