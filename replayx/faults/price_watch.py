"""Watching prices: when the conditions of a plan's rules are first met, as the tape is played.

A condition is looked at with every trade of its symbol, in the order of the tape, whatever pieces
it is played in; once it is met it stays met. Only channels that tell trades of a symbol that is
waited for are decoded, and only until then.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from replayx.cassette.records import Channel
from replayx.faults.conditions import PriceCondition, parse_price_condition
from replayx.faults.rule import Plan, Rule
from replayx.market.events import AggTrade, FeedKind, MarketFeed, Trade
from replayx.timeline.merge import Run
from replayx.venues.venue import Venue

_TRADED = (FeedKind.TRADE, FeedKind.AGG_TRADE)
_Key = tuple[str, str]  # market ("": any), the condition's text


class PriceWatch:
    """Notes when each condition of a plan is first met."""

    def __init__(
        self, channels: Sequence[Mapping[int, Channel]], venues: Mapping[str, Venue]
    ) -> None:
        """channels: of each source, by number. venues: by market."""
        self._feeds = [
            {
                number: _TradeFeed(channel, feed, venues[channel.market])
                for number, channel in of_source.items()
                if channel.market in venues
                and (feed := venues[channel.market].market_feed(channel.name)) is not None
                and feed.kind in _TRADED
            }
            for of_source in channels
        ]
        self._waiting: dict[_Key, PriceCondition] = {}
        self._met_ns: dict[_Key, int] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is waited for, so that nothing need be noted."""
        return not self._waiting

    def follow(self, plan: Plan) -> None:
        """Watch for what the rules of this plan wait for. What was met before stays met."""
        wanted = {_key(rule) for rule in plan.rules if rule.when.price}
        self._met_ns = {key: at_ns for key, at_ns in self._met_ns.items() if key in wanted}
        self._waiting = {
            key: parse_price_condition(key[1], "when.price")
            for key in sorted(wanted - self._met_ns.keys())
        }

    def forget(self) -> None:
        """Wait again for what was met: the run begins again."""
        for key in self._met_ns:
            self._waiting[key] = parse_price_condition(key[1], "when.price")
        self._met_ns = {}

    def met_ns(self, rule: Rule) -> int | None:
        """Return the tape time of the trade that met a rule's condition; None: none has yet."""
        return self._met_ns.get(_key(rule))

    def note(self, run: Run, first: int, stop: int) -> None:
        """Look at messages `first` to `stop` of a run; to be called before they are sent.

        Each message of the tape is to be noted once, in order.
        """
        if not self._waiting:
            return
        wanted = {
            number: feed
            for number, feed in self._feeds[run.source].items()
            if number in run.batch.channel_frames
            and any(feed.is_meant(key, condition) for key, condition in self._waiting.items())
        }
        if not wanted:
            return
        channel = run.batch.channel
        for number, feed in wanted.items():
            places = [k for k in range(first, stop) if channel[k] == number]
            for k, price in feed.prices(run, places):
                self._look(feed, price, run.batch.at[k])
        for key in self._met_ns.keys() & self._waiting.keys():
            del self._waiting[key]

    def _look(self, feed: "_TradeFeed", price: Decimal, at_ns: int) -> None:
        """Note a trade. One channel is looked at after the other: the earliest trade counts."""
        for key, condition in self._waiting.items():
            if feed.is_meant(key, condition) and condition.is_met(price):
                self._met_ns[key] = min(at_ns, self._met_ns.get(key, at_ns))


class _TradeFeed:
    """A channel that tells trades of a symbol."""

    def __init__(self, channel: Channel, feed: MarketFeed, venue: Venue) -> None:
        self._channel = channel
        self._feed = feed
        self._venue = venue

    def is_meant(self, key: _Key, condition: PriceCondition) -> bool:
        """Say whether a condition waits for trades that it tells."""
        is_market = key[0] in ("", self._channel.market)
        return is_market and condition.symbol == self._feed.symbol.upper()

    def prices(self, run: Run, places: Sequence[int]) -> Iterator[tuple[int, Decimal]]:
        """Yield the price of each trade among messages of this channel, with its place."""
        before, after = len(self._channel.prefix), len(self._channel.suffix)
        messages = [run.batch.payload(k) for k in places]
        payloads = [message[before : len(message) - after] for message in messages]
        for k, event in zip(places, self._venue.decode(self._feed, payloads), strict=True):
            if isinstance(event, Trade | AggTrade):
                yield k, Decimal(event.price)


def _key(rule: Rule) -> _Key:
    return rule.where.market, rule.when.price
