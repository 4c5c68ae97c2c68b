"""The market behind a venue's wire: what its messages tell, and what follows from them."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from replayx.market.events import MarketEvent, MarketFeed
from replayx.market.market_view import MarketView

if TYPE_CHECKING:
    from replayx.venues.venue import Coverage, HttpReply, RequestKey

Feeds = Collection[MarketFeed]


class MarketSide(Protocol):
    """The market behind a venue's wire. What a venue leaves out, its tapes are served without."""

    def market_feed(self, channel: str) -> MarketFeed | None:
        """Return what a stream tells about the market; None: nothing that is understood."""
        del channel
        return None

    def decode(
        self, feed: MarketFeed, payloads: Sequence[bytes | memoryview]
    ) -> list[MarketEvent | None]:
        """Return the event of each payload of a stream; None for one of another form."""
        del feed
        return [None] * len(payloads)

    def answer_feed(self, key: "RequestKey") -> MarketFeed | None:
        """Return what the answer to a request tells about the market; None: nothing."""
        del key
        return None

    def decode_answer(self, feed: MarketFeed, body: bytes) -> Sequence[MarketEvent]:
        """Return the events that an answer tells; none if it is an error."""
        del feed, body
        return ()

    listing: "RequestKey | None" = None  # the request whose answer lists every symbol of the venue

    def lists(self, body: bytes, symbol: str) -> bool:
        """Say whether an answer to `listing` has a symbol."""
        del body, symbol
        return False

    def symbols_of(self, key: "RequestKey") -> tuple[str, ...]:
        """Return the symbols that a request names."""
        del key
        return ()

    def derives(self, key: "RequestKey") -> bool:
        """Say whether `derive` may answer such a request, before there is a market to ask."""
        del key
        return False

    def derive(self, key: "RequestKey", market: MarketView) -> "HttpReply | None":
        """Answer a request from the market, or refuse it as the venue does; None: look it up."""
        del key, market
        return None

    def nothing(self, key: "RequestKey", feeds: Feeds) -> "HttpReply | None":
        """Answer that `feeds` tell none of what was looked up in vain; None: they never tell it."""
        del key, feeds
        return None

    def prefers_recording(self, key: "RequestKey") -> bool:
        """Say whether a recorded answer is better than a derived one: what seldom changes."""
        del key
        return False

    def follows_from(self, channel: str, feeds: Feeds) -> tuple[MarketFeed, ...] | None:
        """Return which of `feeds` an unrecorded stream can be made from; None: it can't be."""
        del channel, feeds
        return None

    def encode(self, channel: str, event: MarketEvent, now_ms: int) -> bytes:
        """Return an event as the payload of a stream (see `follows_from`), sent at `now_ms`."""
        raise AssertionError(f"{channel} follows from nothing: {event} at {now_ms}")

    def coverage(self, feeds: Feeds, keys: "Collection[RequestKey]") -> "tuple[Coverage, ...]":
        """Return what a tape can answer that holds these streams and answers to these requests."""
        del feeds, keys
        return ()
