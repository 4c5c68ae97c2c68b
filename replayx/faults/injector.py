"""The injector: the plan at work; it makes what runs on each link, and knows it again.

A rule that is in the plan before a change and after it, unchanged, goes on with its counters and
whatever state it has. Every other one begins anew.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from replayx.cassette.records import Channel
from replayx.faults.draws import Chance
from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import VenueMsAt, tape_ms
from replayx.faults.link import Link
from replayx.faults.pipeline import Pipeline
from replayx.faults.price_watch import PriceWatch
from replayx.faults.rule import NO_PLAN, Plan, Rule
from replayx.faults.running import Running
from replayx.faults.selector import Selector, SymbolOf, Window, can_act_on, selector
from replayx.faults.shock_watch import ShockWatch
from replayx.faults.toxic import Stage
from replayx.faults.trips import Attempts, RunningOnRequests, Trips, both_ways
from replayx.limits import REQUEST_LINKS_MAX
from replayx.timeline.merge import Run
from replayx.venues.venue import Venue

_NO_VENUES: Mapping[str, Venue] = MappingProxyType({})


class Injector:
    """Injects by a plan, and notes what it did in `log`."""

    def __init__(
        self,
        seed: int,
        plan: Plan = NO_PLAN,
        log: FaultLog | None = None,
        *,
        start_ns: int = 0,
        venues: Mapping[str, Venue] = _NO_VENUES,
        channels: Sequence[Mapping[int, Channel]] = (),
    ) -> None:
        """Take the run's seed, which a plan may override; of the tape its start and channels."""
        self.plan = plan
        self.log = FaultLog() if log is None else log
        self._first_plan = plan
        self._run_seed = seed
        self._start_ns = start_ns
        self._venues = venues
        self._venue_ms: VenueMsAt = tape_ms
        self._watch = PriceWatch(channels, venues)
        self._watch.follow(plan)
        self._shocks = ShockWatch(plan, venues, self.log, start_ns=start_ns)
        self._given_ns: dict[str, int] = {}
        self._trips: dict[Link, Trips] = {}
        self._attempts: dict[str, Attempts] = {}

    def follow(self, venue_ms: VenueMsAt) -> None:
        """Know what the venue's clock shows at a time of the tape."""
        self._venue_ms = venue_ms

    @property
    def seed(self) -> int:
        """What chance is drawn by."""
        return self._run_seed if self.plan.seed is None else self.plan.seed

    # ---- the plan

    def replace(self, plan: Plan, at_ns: int) -> None:
        """Inject by another plan from the next message on; `at_ns` is the tape's position.

        The caller lets every pipeline `refit`.
        """
        before = {rule.name: rule for rule in self.plan.rules}
        is_reseeded = plan.seed != self.plan.seed
        self._given_ns = {
            rule.name: self._given_ns.get(rule.name, self._start_ns)
            if before.get(rule.name) == rule and not is_reseeded
            else at_ns
            for rule in plan.rules
        }
        self.plan = plan
        self._watch.follow(plan)
        for trips in self._trips.values():
            trips.run(self._on_requests(trips.link, trips.running))
        for market, attempts in self._attempts.items():
            attempts.run(self._known(market), self.seed)

    def reset(self) -> None:
        """Go back to the plan at the beginning; nothing has happened yet."""
        self.plan = self._first_plan
        self.log.reset()
        self._shocks.reset()
        self._watch.forget()
        self._watch.follow(self.plan)
        self._given_ns.clear()
        self._trips.clear()
        self._attempts.clear()

    def note(self, run: Run, first: int, stop: int) -> None:
        """Note which messages of the tape come next, before any of them is sent."""
        if not self._watch.is_idle:
            self._watch.note(run, first, stop)
        if not self._shocks.is_idle:
            self._shocks.note(run, stop)

    # ---- what runs

    def pipeline(self, link: Link, *, opened_ns: int, index: int = 0) -> Pipeline | None:
        """Return what carries a link's messages; None: the plan has nothing for it.

        `opened_ns` is the tape's position when the connection began.
        """
        if not any(self._acts(rule, link) for rule in self.plan.rules):
            return None
        venue = self._venues.get(link.market)
        pipeline = Pipeline(link, self.log, index=index, venue=venue, venue_ms=self._venue_ms)
        self.refit(pipeline, opened_ns=opened_ns, now_ns=0)
        return pipeline

    def refit(self, pipeline: Pipeline, *, opened_ns: int, now_ns: int) -> None:
        """Let a pipeline run what the plan has for its link now."""
        kept = {(one.rule.name, one.name): one for one in pipeline.running}
        link = pipeline.link
        stream: list[Running] = []
        control: list[Running] = []
        for rule in self.plan.rules:
            if not self._acts(rule, link):
                continue
            self._add(stream, rule, link, link.name, opened_ns, kept=kept)
            if rule.toxic.stage >= Stage.TRANSPORT or rule.toxic.is_on_control:
                name = f"{link.name}/control"
                self._add(control, rule, link, name, opened_ns, kept=kept)
        pipeline.run(stream, control, now_ns)

    def requests(self, link: Link) -> Trips:
        """Return what runs on the requests of a link, whose answers it carries."""
        trips = self._trips.get(link)
        if trips is None:
            if len(self._trips) >= REQUEST_LINKS_MAX:
                del self._trips[next(iter(self._trips))]
            trips = self._trips[link] = Trips(link, self.log)
            trips.run(self._on_requests(link, ()))
        return trips

    def forget(self, link: Link) -> None:
        """Forget what runs on the requests of a link that is gone."""
        self._trips.pop(link, None)

    def handshakes(self, link: Link) -> Attempts:
        """Return what runs on the handshakes of the link's market."""
        attempts = self._attempts.get(link.market)
        if attempts is None:
            attempts = self._attempts[link.market] = Attempts(self.log, self._selector)
            attempts.run(self._known(link.market), self.seed)
        return attempts

    def window(self, rule: Rule) -> Window:
        """Return when a rule is at work that acts on no link of its own."""
        return Window(
            rule,
            self._watch.met_ns,
            start_ns=self._start_ns,
            opened_ns=self._start_ns,
            given_ns=self._given_ns.get(rule.name, self._start_ns),
        )

    def _known(self, market: str) -> list[Rule]:
        """Return the rules but those that order a failure which only another venue has."""
        venue = self._venues.get(market)
        words = () if venue is None else ("", *venue.failures)
        return [
            rule
            for rule in self.plan.rules
            if venue is None or getattr(rule.toxic, "failure", "") in words
        ]

    def _acts(self, rule: Rule, link: Link) -> bool:
        return can_act_on(rule, link) and rule.toxic.on_link(link) is not None

    def _add(
        self,
        running: list[Running],
        rule: Rule,
        link: Link,
        name: str,
        opened_ns: int,
        *,
        kept: Mapping[tuple[str, str], Running],
    ) -> None:
        one = kept.get((rule.name, name))
        if one is None or one.rule != rule or one.seed != self.seed:
            toxic = rule.toxic.on_link(link)
            assert toxic is not None, "it acts there"
            chance = Chance(self.seed, rule.name, name)
            one = Running(rule, toxic, self._selector(rule, link, opened_ns), chance, name=name)
        running.append(one)

    def _on_requests(
        self, link: Link, kept: Sequence[RunningOnRequests]
    ) -> list[RunningOnRequests]:
        before = {(one.rule.name, one.way): one for one in kept}
        running: list[RunningOnRequests] = []
        for rule in self._known(link.market):
            for way in both_ways(link):
                toxic = rule.toxic.on_requests(way) if can_act_on(rule, way) else None
                if toxic is None:
                    continue
                one = before.get((rule.name, way))
                if one is None or one.rule != rule or one.seed != self.seed:
                    chance = Chance(self.seed, rule.name, f"{way.name}/requests")
                    chosen = self._selector(rule, way, None)
                    one = RunningOnRequests(rule, toxic, chosen, chance, way=way)
                running.append(one)
        return running

    def _selector(self, rule: Rule, link: Link, opened_ns: int | None) -> Selector:
        return selector(
            rule,
            link,
            start_ns=self._start_ns,
            opened_ns=opened_ns,
            given_ns=self._given_ns.get(rule.name),
            symbol_of=_symbol_of(self._venues.get(link.market)),
            price_met_ns=self._watch.met_ns,
        )


def _symbol_of(venue: Venue | None) -> SymbolOf | None:
    if venue is None:
        return None

    def symbol_of(channel: str) -> str:
        feed = venue.market_feed(channel)
        return "" if feed is None else feed.symbol

    return symbol_of
