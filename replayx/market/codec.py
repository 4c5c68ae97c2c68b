"""What the market needs of a venue: reading its messages and answers."""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol

from replayx.market.events import MarketEvent, MarketFeed


class Codec(Protocol):
    """Reads a venue's wire. Every Venue is one."""

    def market_feed(self, channel: str) -> MarketFeed | None:
        """Return what a stream tells about the market; None: nothing that is understood."""
        ...

    def decode(
        self, feed: MarketFeed, payloads: Sequence[bytes | memoryview]
    ) -> list[MarketEvent | None]:
        """Return the event of each payload of a stream; None for one of another form."""
        ...


class Fact(NamedTuple):
    """A recorded answer that tells something of the market; `read` decodes it.

    `asked` is what makes requests the same: their answers tell much of the same again.
    """

    at_ns: int
    feed: MarketFeed
    read: Callable[[], Sequence[MarketEvent]]
    asked: Hashable = None
