"""The market behind Binance's wire: each method hands its dialect to the module that knows."""

from collections.abc import Collection, Sequence

from replayx.market.events import MarketEvent, MarketFeed
from replayx.market.market_view import MarketView
from replayx.venues.binance import (
    coverage,
    derive,
    encoding,
    following,
    market_feeds,
    parameters,
    wire_answers,
    wire_events,
)
from replayx.venues.binance.dialect import Dialect
from replayx.venues.market_side import MarketSide
from replayx.venues.venue import Coverage, HttpReply, RequestKey


class BinanceMarketSide(MarketSide):
    """What one of Binance's markets tells; see replayx.venues.venue.MarketSide for the methods."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.listing: RequestKey | None = RequestKey("GET", f"{dialect.api}/exchangeInfo", ())

    def lists(self, body: bytes, symbol: str) -> bool:
        """Say whether an exchangeInfo answer has a symbol."""
        return b'"symbol":"%s"' % symbol.encode() in body

    def symbols_of(self, key: RequestKey) -> tuple[str, ...]:
        """Return the symbols that a request names."""
        return parameters.symbols_of(key)

    def market_feed(self, channel: str) -> MarketFeed | None:
        """Return what a stream tells about the market; None: nothing that is understood."""
        return market_feeds.market_feed(self._dialect, channel)

    def decode(
        self, feed: MarketFeed, payloads: Sequence[bytes | memoryview]
    ) -> list[MarketEvent | None]:
        """Return the event of each payload of a stream; None for one of another form."""
        return wire_events.decode(self._dialect, feed, payloads)

    def answer_feed(self, key: RequestKey) -> MarketFeed | None:
        """Return what the answer to a request tells about the market; None: nothing."""
        return market_feeds.answer_feed(self._dialect, key)

    def decode_answer(self, feed: MarketFeed, body: bytes) -> Sequence[MarketEvent]:
        """Return the events that an answer tells; none if it is an error."""
        return wire_answers.decode_answer(feed, body)

    def derives(self, key: RequestKey) -> bool:
        """Say whether `derive` may answer such a request."""
        return derive.derives(self._dialect, key)

    def derive(self, key: RequestKey, market: MarketView) -> HttpReply | None:
        """Answer a request from the market, or refuse it; None: it has to be looked up."""
        return derive.derive(self._dialect, key, market)

    def nothing(self, key: RequestKey, feeds: Collection[MarketFeed]) -> HttpReply | None:
        """Answer that there is none of what was looked up in vain; None: no feed tells of such."""
        return derive.nothing(self._dialect, key, feeds)

    def prefers_recording(self, key: RequestKey) -> bool:
        """Say whether a recorded answer is better than a derived one."""
        return derive.prefers_recording(self._dialect, key)

    def follows_from(
        self, channel: str, feeds: Collection[MarketFeed]
    ) -> tuple[MarketFeed, ...] | None:
        """Return the feeds from which a stream that was not recorded can be made; None: can't."""
        return following.follows_from(self._dialect, channel, feeds)

    def encode(self, channel: str, event: MarketEvent, now_ms: int) -> bytes:
        """Return an event as the payload of a stream, sent at `now_ms`."""
        return encoding.encode(self._dialect, channel, event, now_ms)

    def coverage(
        self, feeds: Collection[MarketFeed], keys: Collection[RequestKey]
    ) -> tuple[Coverage, ...]:
        """Return what a tape can answer that holds these streams and answers to these requests."""
        return coverage.coverage(self._dialect, feeds, keys)
