"""Serving once what several connections carried.

Two connections that were subscribed to one stream both recorded every message of it. The k-th
occurrence of a payload is served when the first of the carriers brings it, whichever that is, so a
message is served once even if carriers overlap, lag behind each other, or take over. What lies
further apart than carriers lag is not a duplicate: a quiet stream may well repeat itself.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence

from replayx.cassette.records import Channel
from replayx.limits import DUPLICATE_WINDOW_COUNT, DUPLICATE_WINDOW_NS
from replayx.timeline.merge import Run


class _Shared:
    """A stream with several carriers: how often each of them brought each recent payload."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, tuple[int, Counter[tuple[int, int]]]] = OrderedDict()

    def is_new(self, carrier: tuple[int, int], payload: bytes, at_ns: int) -> bool:
        self._forget_before(at_ns - DUPLICATE_WINDOW_NS)
        _, counts = self._seen.setdefault(payload, (at_ns, Counter()))
        served = max(counts.values(), default=0)
        counts[carrier] += 1
        return counts[carrier] > served

    def _forget_before(self, at_ns: int) -> None:
        """Forget payloads first seen before `at_ns`, and the oldest beyond the bound."""
        while self._seen:
            first_ns, _ = next(iter(self._seen.values()))
            if first_ns >= at_ns and len(self._seen) <= DUPLICATE_WINDOW_COUNT:
                return
            self._seen.popitem(last=False)


class Duplicates:
    """Finds, run by run in the tape's order, which messages were served already."""

    def __init__(self, sources: Sequence[Mapping[int, Channel]]) -> None:
        carriers: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for source, channels in enumerate(sources):
            for channel in channels.values():
                if channel.name:
                    key = (channel.market, channel.name)
                    carriers.setdefault(key, []).append((source, channel.number))
        self._sources = sources
        self._shared: dict[tuple[int, int], _Shared] = {}
        for several in carriers.values():
            if len(several) > 1:
                shared = _Shared()
                self._shared.update(dict.fromkeys(several, shared))

    @property
    def is_needed(self) -> bool:
        """Whether any stream has several carriers."""
        return bool(self._shared)

    def in_run(self, run: Run) -> frozenset[int]:
        """Return the positions in the run's batch that were served already."""
        numbers = {n for n in run.batch.channel_frames if (run.source, n) in self._shared}
        if not numbers:
            return frozenset()
        return frozenset(
            k
            for k in range(run.first, run.stop)
            if (number := run.batch.channel[k]) in numbers and not self._is_new(run, k, number)
        )

    def _is_new(self, run: Run, k: int, number: int) -> bool:
        channel = self._sources[run.source][number]
        payload = bytes(run.batch.payload(k))
        if channel.prefix:
            payload = payload[len(channel.prefix) : len(payload) - len(channel.suffix)]
        carrier = (run.source, number)
        return self._shared[carrier].is_new(carrier, payload, run.batch.at[k])
