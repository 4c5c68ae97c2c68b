"""Figures of a run in Prometheus' text format, version 0.0.4 (prometheus.io, exposition formats).

Names and labels are documented in docs/reference/control.md; times are seconds, as is usual there.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import inf
from typing import NamedTuple

from replayx import __version__
from replayx.clock import NS_PER_S
from replayx.server.control.controls import Run, Timeline

Labels = Mapping[str, str]
Sample = tuple[Labels, int | float | str]


class Metric(NamedTuple):
    """A family of samples: its name, `counter` or `gauge`, and what it tells."""

    name: str
    type: str
    help: str
    samples: tuple[Sample, ...]

    def lines(self) -> Iterator[str]:
        """Yield the family's lines."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} {self.type}"
        for labels, value in self.samples:
            pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            shown = "+Inf" if value == inf else value
            yield f"{self.name}{{{pairs}}} {shown}" if pairs else f"{self.name} {shown}"


def exposition(run: Run) -> bytes:
    """Return the figures of all timelines of a run."""
    lines = [line for metric in metrics(run) for line in metric.lines()]
    return ("\n".join(lines) + "\n").encode()


def metrics(run: Run) -> list[Metric]:
    """Return the figures of all timelines of a run."""
    timelines = tuple(run.timelines.items())
    cut_off = run.facts().cut_off
    return [
        Metric("replayx_info", "gauge", "Which replayx this is.", (({"version": __version__}, 1),)),
        Metric(
            "replayx_cut_off_total", "counter", "Clients cut off: too much waited for them.",
            (({}, cut_off),),
        ),
        *_clocks(timelines),
        *_traffic(timelines),
    ]  # fmt: skip


def _clocks(timelines: Iterable[tuple[str, Timeline]]) -> list[Metric]:
    clocks = [({"timeline": name}, timeline.clock()) for name, timeline in timelines]

    def gauge(name: str, text: str, values: Iterable[int | float | str]) -> Metric:
        labels = (label for label, _ in clocks)
        return Metric(f"replayx_{name}", "gauge", text, tuple(zip(labels, values, strict=True)))

    told = [clock for _, clock in clocks]
    played = tuple((labels, clock.delivered) for labels, clock in clocks)
    return [
        gauge(
            "tape_position_seconds",
            "Where the tape is, as a Unix time of the recording.",
            (_seconds(clock.position_ns) for clock in told),
        ),
        gauge("tape_start_seconds", "Where it begins.", (_seconds(one.start_ns) for one in told)),
        gauge("tape_end_seconds", "Where it ends.", (_seconds(one.end_ns) for one in told)),
        gauge("speed_ratio", "How fast it plays; +Inf: max.", (_ratio(one.speed) for one in told)),
        gauge("paused", "1 while the tape stands still.", (int(one.paused) for one in told)),
        gauge("ended", "1 once the tape has ended.", (int(one.ended) for one in told)),
        Metric("replayx_played_messages_total", "counter", "Messages of the tape played.", played),
    ]


def _traffic(timelines: Iterable[tuple[str, Timeline]]) -> list[Metric]:
    seen = [({"timeline": name}, timeline.transcript) for name, timeline in timelines]
    open_now = tuple(({"timeline": name}, len(one.connections())) for name, one in timelines)

    def counter(name: str, text: str, samples: Iterable[Sample]) -> Metric:
        return Metric(f"replayx_{name}_total", "counter", text, tuple(samples))

    return [
        Metric("replayx_open_connections", "gauge", "Open WebSocket connections.", open_now),
        counter(
            "connections",
            "WebSocket handshakes asked for.",
            _by_market((labels, one.connections) for labels, one in seen),
        ),
        counter(
            "requests",
            "HTTP requests.",
            _by_market((labels, one.requests) for labels, one in seen),
        ),
        counter(
            "injected_faults",
            "Messages, requests and handshakes that a toxic did something to.",
            _faults(timelines),
        ),
        counter(
            "unmatched_requests",
            "Requests that the tape could not answer.",
            ((labels, one.unmatched_total) for labels, one in seen),
        ),
        counter(
            "received_messages",
            "Messages of clients.",
            ((labels, one.messages) for labels, one in seen),
        ),
        counter(
            "sent_bytes",
            "Bytes of frames written to clients.",
            ((labels, one.sent_bytes) for labels, one in seen),
        ),
    ]


def _faults(timelines: Iterable[tuple[str, Timeline]]) -> Iterator[Sample]:
    for name, timeline in timelines:
        for (toxic, market), count in timeline.faults().log.counts.items():
            yield {"timeline": name, "market": market, "toxic": toxic}, count


def _by_market(counts: Iterable[tuple[Labels, Mapping[str, int]]]) -> Iterator[Sample]:
    for labels, by_market in counts:
        for market, count in by_market.items():
            yield {**labels, "market": market}, count


def _seconds(at_ns: int) -> str:
    return f"{at_ns // NS_PER_S}.{at_ns % NS_PER_S:09d}"


def _ratio(speed: str) -> float:
    return inf if speed == "max" else float(Fraction(speed))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
