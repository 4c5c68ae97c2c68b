"""Shocking a tape: what a plan's shocks make of its streams and answers.

The tape is read twice before it is played: its history as it was, for the books and trades that
shocks change; then the stretch from the first step of any shock to the last, in which differences
are told otherwise (see replayx.market.shocked_book). Everything else is told otherwise as it is
read, message by message, which needs nothing of what was read before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel, ChannelKind
from replayx.clock import NS_PER_MS
from replayx.errors import InvalidOption, LimitExceeded
from replayx.faults.rule import Rule
from replayx.faults.shock import Shock, ShockStep, clipped
from replayx.limits import SHOCK_LATE_NS, SHOCK_TRADES_MAX
from replayx.market.distortion import NONE, Distortion, Grid, Timetable
from replayx.market.events import AggTrade, FeedKind, MarketEvent, MarketFeed
from replayx.market.history import MarketHistory
from replayx.market.shocked_symbol import ShockedSymbol, Timetables
from replayx.market.soundness import sound
from replayx.session.recorded_answers import RecordedAnswers
from replayx.session.shock_ids import inner, last_ids, places_of
from replayx.session.shocked_deltas import DeltaStream, ShockedDeltas
from replayx.timeline.shocked_source import ShockedSource
from replayx.timeline.source import CassetteSource, Source
from replayx.venues.venue import HttpReply, RequestKey, Venue

_OK = 200
_PAGE = 10_000  # trades read at once
_NAMED_MAX = 8  # symbols in an error's text
# What may tell of trades long past.
_SUMS = (FeedKind.CANDLE, FeedKind.TICKER, FeedKind.MINI_TICKER, FeedKind.AVERAGE_PRICE)

SymbolName = tuple[str, str]  # of a market


class _Member(NamedTuple):
    """A channel about a symbol that is shocked."""

    channel: Channel
    feed: MarketFeed
    symbol: ShockedSymbol


class Shocking:
    """The sources of a tape under shocks, and its answers. Histories are built already, and asked
    while this is made, never later.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        venues: Mapping[str, Venue],
        histories: Mapping[str, MarketHistory],
        rules: Sequence[Rule],
        *,
        clock_offset_ns: int,
    ) -> None:
        """Read what is needed of the tape. Raises CassetteError, LimitExceeded, InvalidOption."""
        self._venues = venues
        self._recorded = sources
        self._offset_ns = clock_offset_ns
        start_ns = min((source.start_ns for source in sources), default=0)
        paths = _paths(histories, rules, start_ns)
        self._symbols: dict[SymbolName, ShockedSymbol] = {}
        times = [at_ns for path in paths.values() for at_ns, _ in path]
        self._first_ns, self._last_ns = min(times, default=0), max(times, default=0)
        feeds = [list(self._feeds(source)) for source in sources]
        ids = last_ids(
            sources, feeds, venues, {name: [at for at, _ in path] for name, path in paths.items()}
        )
        for (market, symbol), path in paths.items():
            made = self._symbol(histories[market], symbol, path, ids.get((market, symbol)))
            if made is not None:
                self._symbols[market, symbol] = made
        self._by_market: dict[str, dict[str, ShockedSymbol]] = {}
        for (market, symbol), one in self._symbols.items():
            self._by_market.setdefault(market, {})[symbol] = one
        self._others = [self._others_of(source) for source in sources]
        self._members = [self._members_of(source) for source in sources]
        self._deltas = [
            self._told_deltas(source, members.values(), histories)
            for source, members in zip(sources, self._members, strict=True)
        ]
        self.sources = [
            ShockedSource(source, partial(self._retold, place))
            for place, source in enumerate(sources)
        ]

    def retold_answer(
        self, market: str, key: RequestKey, at_ns: int, reply: HttpReply
    ) -> HttpReply:
        """Return what an answer that came at a time tells instead.

        One that came before a shock may tell of a book that no stream had told by then.
        """
        if reply.status != _OK:
            return reply
        told = partial(_told_of, self._by_market.get(market, {}), at_ns)
        now_ms = (at_ns + self._offset_ns) // NS_PER_MS
        body = self._venues[market].retold_answer(key, reply.body, told, now_ms)
        return reply if body is reply.body else HttpReply(reply.status, body, reply.headers)

    def _told_deltas(
        self,
        source: Source,
        members: Iterable[_Member],
        histories: Mapping[str, MarketHistory],
    ) -> ShockedDeltas:
        told = ShockedDeltas()
        streams = {
            one.channel.number: DeltaStream(
                one.channel,
                one.feed,
                self._venues[one.channel.market],
                one.symbol,
                histories[one.channel.market],
            )
            for one in members
            if one.feed.kind is FeedKind.BOOK_DELTA
        }
        told.read(source, streams, self._first_ns)
        return told

    # ---- symbols

    def _symbol(
        self,
        history: MarketHistory,
        symbol: str,
        path: Sequence[tuple[int, Distortion]],
        ids: Sequence[int] | None,
    ) -> ShockedSymbol | None:
        """Return a symbol under its path; None if its prices have no step that is known."""
        increments = history.increments(symbol)
        if increments is None:
            return None
        # In force from its time on, or behind the last id before it.
        by_ms = Timetable(((at_ns + self._offset_ns - 1) // NS_PER_MS, one) for at_ns, one in path)
        by_ns = Timetable((at_ns - 1, one) for at_ns, one in path)
        by_id = None
        if ids is not None:
            by_id = Timetable((last, one) for last, (_, one) in zip(ids, path, strict=True))
        return ShockedSymbol(
            Grid.of(increments),
            Timetables(by_ms, by_ns, by_id),
            _trades(history, symbol, max(source.end_ns for source in self._recorded)),
            clock_offset_ns=self._offset_ns,
        )

    def _members_of(self, source: Source) -> dict[int, _Member]:
        found = {}
        for channel, feed in self._feeds(source):
            symbol = self._symbols.get((channel.market, feed.symbol))
            if symbol is not None:
                found[channel.number] = _Member(channel, feed, symbol)
        return found

    def _others_of(self, source: Source) -> dict[int, Channel]:
        """Return the channels that are no one symbol's feed."""
        feeds = {channel.number for channel, _ in self._feeds(source)}
        return {
            channel.number: channel
            for channel in source.channels.values()
            if channel.kind is ChannelKind.STREAM
            and channel.market in self._by_market
            and channel.number not in feeds
        }

    def _feeds(self, source: Source) -> Iterator[tuple[Channel, MarketFeed]]:
        for channel in source.channels.values():
            venue = self._venues.get(channel.market)
            if venue is not None and channel.kind is ChannelKind.STREAM:
                feed = venue.market_feed(channel.name)
                if feed is not None:
                    yield channel, feed

    # ---- messages

    def _retold(self, place: int, batch: FrameBatch) -> Mapping[int, bytes]:
        """Return what messages of a batch say instead."""
        if batch.end_ns < self._first_ns:
            return {}
        told = dict(self._deltas[place].of(batch.ordinal))
        is_late = batch.start_ns > self._last_ns + SHOCK_LATE_NS
        for number, member in self._members[place].items():
            kind = member.feed.kind
            is_told = kind is not FeedKind.BOOK_DELTA and (not is_late or kind in _SUMS)
            if is_told and number in batch.channel_frames:
                told.update(self._told(batch, member))
        for number, channel in self._others[place].items():
            if number in batch.channel_frames:
                told.update(self._told_many(batch, channel))
        return told

    def _told(self, batch: FrameBatch, member: _Member) -> Iterator[tuple[int, bytes]]:
        channel, feed, symbol = member
        venue = self._venues[channel.market]
        places = places_of(batch, channel.number)
        payloads = [inner(batch, k, channel) for k in places]
        events = sound(venue.decode(feed, payloads))
        for k, payload, event in zip(places, payloads, events, strict=True):
            told = None if event is None else symbol.told(event, batch.at[k])
            if told is not None and told != event:
                yield k, channel.prefix + venue.retold(payload, told) + channel.suffix

    def _told_many(self, batch: FrameBatch, channel: Channel) -> Iterator[tuple[int, bytes]]:
        venue = self._venues[channel.market]
        symbols = self._by_market[channel.market]
        for k in places_of(batch, channel.number):
            payload = inner(batch, k, channel)
            told = partial(_told_of, symbols, batch.at[k])
            changed = venue.retold_many(payload, symbols, told)
            if changed is not payload:
                yield k, channel.prefix + changed + channel.suffix


def _told_of(symbols: Mapping[str, ShockedSymbol], at_ns: int, event: MarketEvent) -> MarketEvent:
    symbol = symbols.get(event.symbol)
    return event if symbol is None else symbol.told(event, at_ns)


def shocked(
    sources: Sequence[CassetteSource],
    venues: Mapping[str, Venue],
    rules: Sequence[Rule],
    *,
    clock_offset_ns: int,
) -> Shocking:
    """Return what shocks make of a tape. Raises CassetteError, LimitExceeded, InvalidOption."""
    readers = [source.reader for source in sources]
    wanted = [rule.where.market for rule in rules]
    histories = {
        name: MarketHistory(name, sources, venue, RecordedAnswers(name, venue, readers).facts())
        for name, venue in venues.items()
        if name in wanted or "" in wanted
    }
    try:
        for history in histories.values():
            history.build()
        return Shocking(sources, venues, histories, rules, clock_offset_ns=clock_offset_ns)
    finally:
        for history in histories.values():
            history.close()


def _paths(
    histories: Mapping[str, MarketHistory], rules: Sequence[Rule], start_ns: int
) -> dict[SymbolName, list[tuple[int, Distortion]]]:
    """Return for each symbol that is shocked what is in force from when, all rules together."""
    found: dict[SymbolName, list[list[ShockStep]]] = {}
    for rule in rules:
        assert isinstance(rule.toxic, Shock)
        steps = clipped(rule.toxic.path(), rule.when)
        names = list(_names(histories, rule))
        if not names:
            raise _nothing(rule, histories)
        for name in names:
            found.setdefault(name, []).append(steps)
    return {name: _together(paths, start_ns) for name, paths in found.items()}


def _names(histories: Mapping[str, MarketHistory], rule: Rule) -> Iterator[SymbolName]:
    where = rule.where
    for market, history in histories.items():
        if where.market in ("", market):
            for symbol in history.symbols():
                if where.symbol.upper() in ("", symbol):
                    yield market, symbol


def _nothing(rule: Rule, histories: Mapping[str, MarketHistory]) -> InvalidOption:
    names = [f"{symbol} ({name})" for name, one in histories.items() for symbol in one.symbols()]
    found = (
        f"the symbol {rule.where.symbol or '(any)'} of the market {rule.where.market or '(any)'}"
    )
    return InvalidOption(
        f"{found}, which the tape tells nothing of",
        expected=f"one of {', '.join(names[:_NAMED_MAX])}" if names else "a tape with streams",
        where=f"rule {rule.name!r}",
    )


def _together(paths: Sequence[Sequence[ShockStep]], start_ns: int) -> list[tuple[int, Distortion]]:
    """Return what several paths do together, in tape time."""
    tables = [Timetable((step.after_ns - 1, step.distortion) for step in path) for path in paths]
    times = sorted(dict.fromkeys(step.after_ns for path in paths for step in path))
    joined = []
    for after_ns in times:
        together = NONE
        for table in tables:
            together = together.joined(table.at(after_ns))
        joined.append((start_ns + after_ns, together))
    return joined


def _trades(history: MarketHistory, symbol: str, end_ns: int) -> Iterator[AggTrade]:
    """Yield all trades of a symbol. Raises LimitExceeded."""
    market = history.at(end_ns)
    count, from_id = 0, 0
    while page := market.agg_trades(symbol, _PAGE, from_id=from_id):
        yield from page
        count, from_id = count + len(page), page[-1].id + 1
        if count > SHOCK_TRADES_MAX:
            raise LimitExceeded(
                f"more than {SHOCK_TRADES_MAX} trades of {symbol} on the tape",
                expected="a shorter tape for a shock",
                hint="cut it with `replayx repack --from --to`",
            )
