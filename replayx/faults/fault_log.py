"""The fault log: what was injected, where and how often; the same for the same run.

Runs of consecutive messages are one entry, however they were batched: two runs of the same plan
have the same log, whatever their pace.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec


class Injected(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did on a link: to messages or requests `first` to `last`, by the link's index.

    at_ns: the position on the tape of the first.
    """

    rule: str
    toxic: str
    market: str
    link: str
    first: int
    last: int
    at_ns: int


class FaultLog:
    """What was injected since the run began, or was reset. Bounded: `dropped` made room.

    `counts` are messages, requests and handshakes, by (rule, market).
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.dropped = 0

    def note(
        self, rule: str, toxic: str, *, market: str, link: str, touched: Sequence[tuple[int, int]]
    ) -> None:
        """Note what a rule did: (index on the link, time on the tape) of each, ascending."""
        raise NotImplementedError

    def entries(self) -> Sequence[Injected]:
        """Return what was injected, by rule, link and index."""
        raise NotImplementedError

    def take_new(self) -> Iterable[Injected]:
        """Return what was injected since this was last asked, for the transcript."""
        raise NotImplementedError
