"""What a plan will do to a tape: which messages each rule selects, told before anything is played.

A client is assumed that gets every stream of its market from the tape's start on. Requests and
handshakes come from clients, so of them only the window is told.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import ChannelKind
from replayx.faults.flow import NEVER_NS, Flow
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.price_watch import PriceWatch
from replayx.faults.rule import Plan, Rule
from replayx.faults.selector import Selector, can_act_on, selector
from replayx.faults.targets import acts_on
from replayx.limits import FLAT_OUT_BYTES
from replayx.timeline.source import CassetteSource
from replayx.timeline.tape import Stretch, Tape
from replayx.venues.venue import Venue

BAR_CELLS = 40
_NOTHING, _OPEN, _FIRED = ".", "-", "#"


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule will do. Times are ns since the tape's start.

    selected: messages that everything but chance and `times` lets through; expected: how many of
    them it acts on, on average. None: it acts on what clients do. bar: the tape, in cells: the
    rule's window (-), and where it fires (#).
    """

    name: str
    type: str
    acts_on: tuple[str, ...]
    begins_ns: int | None
    ends_ns: int | None
    selected: int | None
    expected: float | None
    first_ns: int | None
    last_ns: int | None
    bar: str


class Forecasts(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan will do to a tape that lasts so long."""

    lasts_ns: int
    rules: tuple[Forecast, ...]


def forecast(plan: Plan, cassettes: Sequence[Path], venues: Mapping[str, Venue]) -> Forecasts:
    """Return what a plan will do to a tape; reads it once. Raises CassetteError."""
    readers = [CassetteReader(path) for path in cassettes]
    try:
        tape = Tape([CassetteSource(reader) for reader in readers])
        watch = PriceWatch(tape.channels, venues)
        watch.follow(plan)
        markets = {
            one.market
            for channels in tape.channels
            for one in channels.values()
            if one.market in venues
        }
        tellers = [_Teller(rule, tape, venues, watch, sorted(markets)) for rule in plan.rules]
        while (stretch := tape.take(None, FLAT_OUT_BYTES)) is not None:
            watch.note(stretch.run, stretch.first, stretch.stop)
            for market, flow in _flows(tape, stretch):
                for teller in tellers:
                    teller.take(market, flow)
        return Forecasts(
            lasts_ns=tape.end_ns - tape.start_ns, rules=tuple(one.told() for one in tellers)
        )
    finally:
        for reader in readers:
            reader.close()


class _Teller:
    """Follows one rule over the tape, on a link of each market that it may act on."""

    def __init__(
        self,
        rule: Rule,
        tape: Tape,
        venues: Mapping[str, Venue],
        watch: PriceWatch,
        markets: Sequence[str],
    ) -> None:
        self._rule = rule
        self._start_ns, self._end_ns = tape.start_ns, max(tape.end_ns, tape.start_ns + 1)
        self._watch = watch
        self._acts_on = tuple(acts_on(rule.toxic))
        self._selectors = {
            market: self._selector(link, venues[market])
            for market in markets
            if can_act_on(rule, link := _link(market, rule))
            and link.direction is Direction.DOWNSTREAM  # what clients say is on no tape
            and rule.toxic.on_link(link)
        }
        self._selected = 0
        self._fired_at: list[int] = []

    def take(self, market: str, flow: Flow) -> None:
        """Select among the messages of a market."""
        if market in self._selectors:
            places = self._selectors[market].select(flow, _Certain(flow.count))
            self._fired_at += [flow.at_ns[k] for k in places]

    def told(self) -> Forecast:
        """Return what was found."""
        begins_ns, ends_ns = self._window()
        fired = sorted(self._fired_at)
        is_told = bool(self._selectors)
        return Forecast(
            name=self._rule.name,
            type=self._rule.toxic.type,
            acts_on=self._acts_on,
            begins_ns=begins_ns,
            ends_ns=ends_ns,
            selected=len(fired) if is_told else None,
            expected=self._expected(len(fired)) if is_told else None,
            first_ns=fired[0] - self._start_ns if fired else None,
            last_ns=fired[-1] - self._start_ns if fired else None,
            bar=self._bar(begins_ns, ends_ns, fired),
        )

    def _selector(self, link: Link, venue: Venue) -> Selector:
        """Return what selects, without chance and without an end by `times`."""
        when = msgspec.structs.replace(self._rule.when, probability=1.0, times=None)
        return selector(
            msgspec.structs.replace(self._rule, when=when),
            link,
            start_ns=self._start_ns,
            symbol_of=lambda channel: _symbol(venue, channel),
            price_met_ns=self._watch.met_ns,
        )

    def _window(self) -> tuple[int | None, int | None]:
        """Return from when to when it is open; None, None: it never is. Ends None: at no time."""
        link = _link(self._rule.where.market, self._rule)
        one = selector(self._rule, link, start_ns=self._start_ns, price_met_ns=self._watch.met_ns)
        begins_ns, ends_ns = one.window.span_ns()
        if begins_ns >= min(ends_ns, self._end_ns + 1):
            return None, None
        is_open = ends_ns == NEVER_NS
        return begins_ns - self._start_ns, None if is_open else ends_ns - self._start_ns

    def _expected(self, selected: int) -> float:
        expected = selected * self._rule.when.probability
        times = self._rule.when.times
        return expected if times is None else min(expected, float(times))

    def _bar(self, begins_ns: int | None, ends_ns: int | None, fired: list[int]) -> str:
        lasts_ns = self._end_ns - self._start_ns
        cells = []
        for number in range(BAR_CELLS):
            from_ns = lasts_ns * number // BAR_CELLS
            to_ns = lasts_ns * (number + 1) // BAR_CELLS
            is_last = number == BAR_CELLS - 1
            first = bisect_left(fired, self._start_ns + from_ns)
            stop = len(fired) if is_last else bisect_left(fired, self._start_ns + to_ns)
            is_open = (
                begins_ns is not None
                and begins_ns < to_ns
                and (ends_ns is None or ends_ns > from_ns)
            )
            cells.append(_FIRED if stop > first else _OPEN if is_open else _NOTHING)
        return "".join(cells)


class _Certain:
    """Chance that lets everything through."""

    def __init__(self, count: int) -> None:
        self._count = count

    def column(self, number: int) -> Sequence[float]:
        """Return a zero for each message."""
        del number
        return [0.0] * self._count


def _link(market: str, rule: Rule) -> Link:
    where = rule.where
    carriers = {
        "": Carrier.REST if where.route else Carrier.WS,
        **{one.value: one for one in Carrier},
    }
    carrier = carriers[where.carrier]
    connection = 0 if carrier is Carrier.REST else where.connection or 1
    return Link(market, carrier, Direction(where.direction), connection, where.client)


def _flows(tape: Tape, stretch: Stretch) -> Iterator[tuple[str, Flow]]:
    """Yield the stream messages of a stretch by market, as a link would get them."""
    batch, channels = stretch.run.batch, tape.channels[stretch.run.source]
    places: dict[str, list[int]] = {}
    numbers = batch.channel
    for k in range(stretch.first, stretch.stop):
        channel = channels[numbers[k]]
        if channel.kind is ChannelKind.STREAM and k not in stretch.dropped:
            places.setdefault(channel.market, []).append(k)
    for market, of_market in places.items():
        yield (
            market,
            Flow(
                0,
                0,
                memoryview(b""),
                [0] * (len(of_market) + 1),
                channel=[channels[numbers[k]].name for k in of_market],
                at_ns=[batch.at[k] for k in of_market],
            ),
        )


def _symbol(venue: Venue, channel: str) -> str:
    feed = venue.market_feed(channel)
    return "" if feed is None else feed.symbol
