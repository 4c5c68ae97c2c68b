"""What runs on requests and on handshakes: one after the other, in the plan's order."""

from collections.abc import Callable, Sequence

from replayx.faults.draws import Chance
from replayx.faults.fault_log import FaultLog
from replayx.faults.link import Direction, Link
from replayx.faults.round_trip import Attempt, RoundTrip
from replayx.faults.rule import Rule
from replayx.faults.selector import Selector, can_act_on
from replayx.faults.toxic import ConnectToxic, RequestToxic

SelectorOf = Callable[[Rule, Link, int | None], Selector]


def both_ways(link: Link) -> tuple[Link, Link]:
    """Return a link and its other direction: requests go one way and answers the other."""
    is_down = link.direction is Direction.DOWNSTREAM
    other = Direction.UPSTREAM if is_down else Direction.DOWNSTREAM
    return link, link._replace(direction=other)


class RunningOnRequests:
    """A rule at work on the requests of one link."""

    def __init__(
        self, rule: Rule, toxic: RequestToxic, selector: Selector, chance: Chance, *, way: Link
    ) -> None:
        self.rule = rule
        self.way = way
        self._toxic = toxic
        self._selector = selector
        self._chance = chance

    @property
    def seed(self) -> int:
        """What its chance is drawn by."""
        return self._chance.seed

    def apply(self, trip: RoundTrip) -> bool:
        """Act on a request, if the rule does; say whether it did something."""
        draws = self._chance.row(self.rule.toxic.draws + 1, trip.index)
        return self._selector.takes(trip, draws) and self._toxic.apply(trip, draws)


class Trips:
    """What runs on the requests of one link."""

    def __init__(self, link: Link, log: FaultLog) -> None:
        self.link = link
        self.running: Sequence[RunningOnRequests] = ()
        self._log = log

    def run(self, running: Sequence[RunningOnRequests]) -> None:
        """Let these run from now on."""
        self.running = running

    def apply(self, trip: RoundTrip) -> None:
        """Let every rule change what becomes of a request. Once each, in order."""
        for one in self.running:
            if one.apply(trip):
                _note(self._log, one.rule, f"{one.way.name}/requests", trip.index, trip)


class Attempts:
    """What runs on the handshakes of one market. They are counted over all its connections."""

    def __init__(self, log: FaultLog, selector_of: SelectorOf) -> None:
        self._log = log
        self._selector_of = selector_of
        self._rules: Sequence[Rule] = ()
        self._seed = 0
        self._selectors: dict[str, tuple[Rule, Selector]] = {}

    def run(self, rules: Sequence[Rule], seed: int) -> None:
        """Let these rules run from now on; those that ran before, unchanged, go on."""
        kept = self._selectors if seed == self._seed else {}
        self._rules, self._seed = rules, seed
        names = {rule.name: rule for rule in rules}
        self._selectors = {
            name: (rule, one) for name, (rule, one) in kept.items() if names.get(name) == rule
        }

    def apply(self, attempt: Attempt) -> None:
        """Let every rule change what becomes of a handshake. Once each, in order."""
        for rule in self._rules:
            toxic = self._toxic(rule, attempt.link)
            if toxic is None:
                continue
            name = f"{attempt.link.name}/handshake"
            draws = Chance(self._seed, rule.name, name).row(rule.toxic.draws + 1, 0)
            selector = self._selector(rule, attempt.link)
            if selector.takes_attempt(attempt, draws) and toxic.apply(attempt, draws):
                _note(self._log, rule, name, 0, attempt)

    def _toxic(self, rule: Rule, link: Link) -> ConnectToxic | None:
        for way in both_ways(link):
            if can_act_on(rule, way):
                return rule.toxic.on_handshakes(way)
        return None

    def _selector(self, rule: Rule, link: Link) -> Selector:
        found = self._selectors.get(rule.name)
        if found is None:
            way = next(way for way in both_ways(link) if can_act_on(rule, way))
            found = self._selectors[rule.name] = (rule, self._selector_of(rule, way, None))
        return found[1]


def _note(log: FaultLog, rule: Rule, name: str, index: int, trip: RoundTrip | Attempt) -> None:
    log.note_span(
        rule.name,
        rule.toxic.type,
        market=trip.link.market,
        link=name,
        first=index,
        last=index,
        at_ns=lambda: trip.at_ns,
    )
