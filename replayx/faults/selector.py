"""The selector: which messages, requests and handshakes of one link a rule acts on.

    where matches ──> the window is open ──> counted ──> nth, every, first ──> chance ──> times

Counters count what `where` and the window let through, from 1, on this link. Chance takes one
number a message, whatever the rest decides, from the column behind the toxic's own; so does the
same message in any batch.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from replayx.faults.flow import NEVER_NS, Flow
from replayx.faults.link import Carrier, Link
from replayx.faults.round_trip import Attempt, RoundTrip
from replayx.faults.rule import Rule, Where
from replayx.faults.toxic import Draws

# The symbol of a channel; empty where a channel is of none, or of several.
SymbolOf = Callable[[str], str]
# When the price condition of a rule was first met, in tape time; None: not yet.
PriceMetNs = Callable[[Rule], int | None]


def can_act_on(rule: Rule, link: Link) -> bool:
    """Say whether a rule can ever select anything of a link.

    Whether its toxic acts there is for the toxic to say (`on_link` and its siblings).
    """
    where = rule.where
    return (
        where.market in ("", link.market)
        and where.carrier in ("", link.carrier.value)
        and where.connection in (0, link.connection)
        and where.client in ("", link.client)
        and where.direction == link.direction.value
        and not (where.channel and link.carrier is Carrier.REST)
        and not (where.route and link.carrier is Carrier.WS)
    )


def selector(
    rule: Rule,
    link: Link,
    *,
    start_ns: int,
    opened_ns: int | None = None,
    given_ns: int | None = None,
    symbol_of: SymbolOf | None = None,
    price_met_ns: PriceMetNs | None = None,
) -> "Selector":
    """Return what selects for a rule on a link on which it `can_act_on`.

    start_ns: the tape's start. opened_ns: the position when the connection began. given_ns: the
    position when the rule was given. Both are the tape's start unless said.
    """
    assert can_act_on(rule, link), f"{rule.name} never acts on {link.name}"
    return Selector(
        rule,
        start_ns=start_ns,
        opened_ns=start_ns if opened_ns is None else opened_ns,
        given_ns=start_ns if given_ns is None else given_ns,
        symbol_of=symbol_of or _no_symbol,
        price_met_ns=price_met_ns or _never_met,
    )


class Window:
    """The stretch of tape time in which a rule is at work on a link.

    `for` counts from `from`, `after` and `price`, the last of them to hold; from when the rule was
    given where there is none of them.
    """

    def __init__(
        self, rule: Rule, price_met_ns: PriceMetNs, *, start_ns: int, opened_ns: int, given_ns: int
    ) -> None:
        when = rule.when
        self._begin_ns = start_ns + when.from_ns
        if when.after_ns:  # 0 bounds nothing: a seek may go back before the connection began
            self._begin_ns = max(self._begin_ns, opened_ns + when.after_ns)
        self._until_ns = NEVER_NS if when.until_ns is None else start_ns + when.until_ns
        self._for_ns = when.for_ns
        self._rule = rule
        self._price_met_ns = price_met_ns
        is_anchored = bool(when.from_ns or when.after_ns or when.price)
        self._anchor_ns = self._begin_ns if is_anchored else given_ns
        self.is_always = not (is_anchored or when.until_ns is not None or when.for_ns is not None)

    def span_ns(self) -> tuple[int, int]:
        """Return from when to before when it is open, as far as it is known now."""
        begin_ns, anchor_ns = self._begin_ns, self._anchor_ns
        if self._rule.when.price:
            met_ns = self._price_met_ns(self._rule)
            if met_ns is None:
                return NEVER_NS, NEVER_NS
            # Behind the trade that met it: what has its very time may be sent before it or after.
            begin_ns = anchor_ns = max(begin_ns, met_ns + 1)
        end_ns = self._until_ns
        if self._for_ns is not None:
            end_ns = min(end_ns, anchor_ns + self._for_ns)
        return begin_ns, max(begin_ns, end_ns)


class Selector:
    """Selects for one rule on one link, and remembers how far it has counted."""

    def __init__(
        self,
        rule: Rule,
        *,
        start_ns: int,
        opened_ns: int,
        given_ns: int,
        symbol_of: SymbolOf,
        price_met_ns: PriceMetNs,
    ) -> None:
        self.window = Window(
            rule, price_met_ns, start_ns=start_ns, opened_ns=opened_ns, given_ns=given_ns
        )
        self._where = rule.where
        self._symbol = rule.where.symbol.upper()
        self._wanted = _Wanted(rule.where, symbol_of)
        self._is_any_channel = not (rule.where.channel or rule.where.symbol)
        when = rule.when
        self._nth = tuple(sorted({*when.nth}))
        self._every = when.every
        self._first = NEVER_NS if when.first is None else when.first
        self._times = NEVER_NS if when.times is None else when.times
        self._probability = when.probability
        self._column = rule.toxic.draws
        self._seen = 0
        self._fired = 0

    # ---- messages

    def select(self, flow: Flow, draws: Draws) -> Sequence[int]:
        """Return the positions of the messages that fire, ascending.

        The times in `flow.at_ns` ascend.
        """
        if self._where.route:
            return ()  # messages have none
        chosen = self._counted(self._matching(flow))
        if self._probability < 1 and chosen:
            column, probability = draws.column(self._column), self._probability
            chosen = [k for k in chosen if column[k] < probability]
        return self._limited(chosen)

    def _matching(self, flow: Flow) -> Sequence[int]:
        places = range(flow.count)
        if not self.window.is_always:
            begin_ns, end_ns = self.window.span_ns()
            first = bisect_left(flow.at_ns, begin_ns)
            places = range(first, bisect_left(flow.at_ns, end_ns, first))
        if self._is_any_channel or not places:
            return places
        wanted, channel = self._wanted, flow.channel
        return [k for k in places if wanted[channel[k]]]

    def _counted(self, matching: Sequence[int]) -> Sequence[int]:
        """Return those of `matching` whose numbers are asked for, and count all of them."""
        before = self._seen
        self._seen += len(matching)
        numbers = range(before + 1, min(self._seen, self._first) + 1)
        if not numbers:
            return ()
        if self._every > 1:
            numbers = numbers[-numbers.start % self._every :: self._every]
        if self._nth:
            return [matching[n - before - 1] for n in self._nth if n in numbers]
        if len(numbers) == len(matching):
            return matching
        return matching[numbers.start - before - 1 : numbers.stop - before - 1 : numbers.step]

    def _limited(self, chosen: Sequence[int]) -> Sequence[int]:
        left = self._times - self._fired
        if len(chosen) > left:
            chosen = chosen[:left]
        self._fired += len(chosen)
        return chosen

    # ---- requests and handshakes

    def takes(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Say whether the rule acts on a request. `draws`: the toxic's, and one more."""
        if self._where.channel or (self._symbol and self._symbol not in trip.symbols):
            return False
        if self._where.route and not _is_route(self._where.route, trip):
            return False
        return self._takes_next(trip.at_ns, draws)

    def takes_attempt(self, attempt: Attempt, draws: Sequence[float]) -> bool:
        """Say whether the rule acts on a handshake. `draws`: the toxic's, and one more.

        Handshakes are counted by whoever asks: one selector for all those of a market.
        """
        if not self._is_any_channel or self._where.route:
            return False
        return self._takes_next(attempt.at_ns, draws)

    def _takes_next(self, at_ns: int, draws: Sequence[float]) -> bool:
        begin_ns, end_ns = self.window.span_ns()
        if not begin_ns <= at_ns < end_ns or not self._counted(range(1)):
            return False
        if self._probability < 1 and draws[self._column] >= self._probability:
            return False
        return bool(self._limited(range(1)))


class _Wanted(dict[str, bool]):
    """Whether a channel is one that the rule acts on, by name."""

    def __init__(self, where: Where, symbol_of: SymbolOf) -> None:
        super().__init__()
        self._pattern = where.channel
        self._symbol = where.symbol.upper()
        self._symbol_of = symbol_of

    def __missing__(self, channel: str) -> bool:
        is_wanted = bool(channel) and self._is_wanted(channel)
        self[channel] = is_wanted
        return is_wanted

    def _is_wanted(self, channel: str) -> bool:
        if self._pattern and not fnmatchcase(channel, self._pattern):
            return False
        if not self._symbol:
            return True
        symbol = self._symbol_of(channel)
        # A stream that nobody understands still has its symbol in its name, as a rule.
        return symbol == self._symbol if symbol else self._symbol in _words(channel)


def _words(channel: str) -> list[str]:
    return re.split(r"[^\w]+", channel.upper())


def _is_route(pattern: str, trip: RoundTrip) -> bool:
    """Say whether a request is of a route: `GET /api/v3/*`, or only the path."""
    path = trip.key.path
    return fnmatchcase(f"{trip.key.method} {path}", pattern) or fnmatchcase(path, pattern)


def _no_symbol(channel: str) -> str:
    del channel
    return ""


def _never_met(rule: Rule) -> int | None:
    raise AssertionError(f"nobody watches for {rule.when.price}")
