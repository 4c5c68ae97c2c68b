"""The fault log: what was injected, where and how often; the same for the same run.

Each rule leaves a *trail* on each link: runs of consecutive messages, however they were batched.
Two runs of the same plan leave the same trails, whatever their pace, and their digests say so.

Trails are bounded: the oldest runs make room, folded into the digest that their trail goes on
from. The digest of the log is a sum of its trails' digests, so no order shows in it, and a trail
that makes room as a whole stays in the sum.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from replayx.limits import FAULT_RUNS_MAX, FAULT_TRAILS_MAX

_DIGEST_BYTES = 32


class Injected(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did on a link: to messages or requests `first` to `last`, by the link's index.

    at_ns: the position on the tape of the first.
    """

    rule: str = msgspec.field(name="toxic")  # as plans call it: a toxic by its name
    toxic: str = msgspec.field(name="type")
    market: str
    link: str
    first: int
    last: int
    at_ns: int


class _Run(NamedTuple):
    first: int
    last: int
    at_ns: int


class _Trail:
    """What one rule did on one link. `fresh`: how many of its runs nobody was told of.

    `mark` is the last run up to where it was told, if it has gone on since: told again from there.
    """

    __slots__ = ("fresh", "hash", "mark", "market", "runs", "toxic")

    def __init__(self, name: str, toxic: str, market: str) -> None:
        self.toxic = toxic
        self.market = market
        self.runs: deque[_Run] = deque()
        self.hash = hashlib.sha256(name.encode())
        self.fresh = 0
        self.mark: _Run | None = None

    def add(self, run: _Run) -> bool:
        """Note a run; say whether it is one of its own, and does not go on from the last."""
        last = self.runs[-1] if self.runs else None
        if last is None or run.first != last.last + 1:
            self.runs.append(run)
            self.fresh += 1
            return True
        self.runs[-1] = _Run(last.first, run.last, last.at_ns)
        if not self.fresh and self.mark is None:
            self.mark = run  # where what is new begins
        return False

    def goes_on(self, first: int, last: int) -> bool:
        """Let the last run go on, if it does and nobody is to be told from where on."""
        if not self.runs or self.runs[-1].last + 1 != first:
            return False
        if not self.fresh and self.mark is None:
            return False
        self.runs[-1] = self.runs[-1]._replace(last=last)
        return True

    def take_new(self) -> list[_Run]:
        """Return what is new, and know it as told."""
        start = len(self.runs) - self.fresh
        new = [self.runs[place] for place in range(max(0, start), len(self.runs))]
        if self.mark is not None and start > 0:
            new.insert(0, _Run(self.mark.first, self.runs[start - 1].last, self.mark.at_ns))
        self.fresh, self.mark = 0, None
        return new

    def make_room(self, count: int) -> None:
        """Fold the oldest runs into the digest."""
        for _ in range(count):
            self.hash.update(_encoded(self.runs.popleft()))
        self.fresh = min(self.fresh, len(self.runs))

    def digest(self) -> int:
        """Return the digest of all its runs, those that made room included."""
        whole = self.hash.copy()
        for run in self.runs:
            whole.update(_encoded(run))
        return int.from_bytes(whole.digest(), "big")


class FaultLog:
    """What was injected since the run began, or was reset. Bounded: `dropped` runs made room.

    `counts` are messages, requests and handshakes, by (rule, market). What is noted is noted in
    `follower`, too, if there is one: each log is taken from by one reader.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self._trails: dict[tuple[str, str], _Trail] = {}
        self._changed: dict[tuple[str, str], None] = {}
        self.follower: FaultLog | None = None
        self.reset()

    # ---- noting

    def note(
        self, rule: str, toxic: str, *, market: str, link: str, touched: Sequence[tuple[int, int]]
    ) -> None:
        """Note what a rule did: (index on the link, time on the tape) of each, ascending."""
        if not touched:
            return
        trail = self._trail(rule, toxic, market, link)
        first, at_ns = touched[0]
        last = first - 1
        for index, index_at_ns in touched:
            if index != last + 1:
                self._add(trail, _Run(first, last, at_ns))
                first, at_ns = index, index_at_ns
            last = index
        self._add(trail, _Run(first, last, at_ns))
        self.counts[rule, market] += len(touched)
        if self.follower is not None:
            self.follower.note(rule, toxic, market=market, link=link, touched=touched)

    def note_span(
        self,
        rule: str,
        toxic: str,
        *,
        market: str,
        link: str,
        first: int,
        last: int,
        at_ns: Callable[[], int],
    ) -> None:
        """Note what a rule did to each of `first` to `last`; `at_ns` tells the first one's time.

        It is not asked where a run goes on: to read it costs as much as all the rest.
        """
        assert first <= last, "a span holds at least one"
        trail = self._trail(rule, toxic, market, link)
        if not trail.goes_on(first, last):
            self._add(trail, _Run(first, last, at_ns()))
        self.counts[rule, market] += last - first + 1
        if self.follower is not None:
            self.follower.note_span(
                rule, toxic, market=market, link=link, first=first, last=last, at_ns=at_ns
            )

    def reset(self) -> None:
        """Forget everything: a run begins again."""
        self.counts.clear()
        self._trails.clear()
        self._changed.clear()
        self.dropped = 0
        self._run_count = 0
        self._folded = 0
        if self.follower is not None:
            self.follower.reset()

    def _trail(self, rule: str, toxic: str, market: str, link: str) -> _Trail:
        key = (rule, link)
        self._changed[key] = None
        trail = self._trails.get(key)
        if trail is None:
            if len(self._trails) >= FAULT_TRAILS_MAX:
                self._fold(next(iter(self._trails)))
            name = "\0".join((rule, toxic, link))
            trail = self._trails[key] = _Trail(name, toxic, market)
        return trail

    def _add(self, trail: _Trail, run: _Run) -> None:
        if not trail.add(run):
            return
        self._run_count += 1
        if self._run_count > FAULT_RUNS_MAX:
            longest = max(self._trails.values(), key=_length)
            count = len(longest.runs) // 2  # never the last one, which may go on
            longest.make_room(count)
            self._run_count -= count
            self.dropped += count

    def _fold(self, key: tuple[str, str]) -> None:
        """Keep a trail in the digest alone: so many connections ago nobody looks for."""
        trail = self._trails.pop(key)
        self._changed.pop(key, None)
        self._folded += trail.digest()
        self._run_count -= len(trail.runs)
        self.dropped += len(trail.runs)

    # ---- reading

    def entries(self) -> list[Injected]:
        """Return what was injected, by rule, link and index."""
        return [
            one
            for (rule, link), trail in sorted(self._trails.items(), key=_key)
            for one in _told(rule, link, trail, trail.runs)
        ]

    def take_new(self) -> list[Injected]:
        """Return what was injected since this was last asked, for the transcript."""
        if not self._changed:
            return []
        changed = sorted(self._changed)
        self._changed.clear()
        return [
            one
            for rule, link in changed
            for trail in (self._trails[rule, link],)
            for one in _told(rule, link, trail, trail.take_new())
        ]

    def digest(self) -> str:
        """Return what two logs have in common only if they are the same, whatever made room."""
        total = self._folded + sum(trail.digest() for trail in self._trails.values())
        return (total % (1 << 8 * _DIGEST_BYTES)).to_bytes(_DIGEST_BYTES, "big").hex()


def _length(trail: _Trail) -> int:
    return len(trail.runs)


def _key(item: tuple[tuple[str, str], _Trail]) -> tuple[str, str]:
    return item[0]


def _encoded(run: _Run) -> bytes:
    # Without its time: a request comes at another position of the tape where the pace is another.
    return b"%d-%d;" % (run.first, run.last)


def _told(rule: str, link: str, trail: _Trail, runs: Sequence[_Run]) -> list[Injected]:
    return [
        Injected(
            rule=rule,
            toxic=trail.toxic,
            market=trail.market,
            link=link,
            first=run.first,
            last=run.last,
            at_ns=run.at_ns,
        )
        for run in runs
    ]
