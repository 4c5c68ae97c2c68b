"""Outages: what the plan does to whole connections when the tape comes to a time.

    a window opens ──> server_shutdown: announced on open connections, which close after `lead`
                   └─> down: connections are reset, and no other is taken until it closes

Windows are positions of the tape, and how long after an announcement a connection ends is in the
time in which timers run.
"""

from collections.abc import Mapping
from typing import NamedTuple

from replayx.faults.flow import NEVER_NS
from replayx.faults.injector import Injector
from replayx.faults.outage import outages_of
from replayx.faults.rule import Plan, Rule
from replayx.faults.selector import Window, can_act_on
from replayx.faults.toxics.down import Down
from replayx.faults.toxics.server_shutdown import ServerShutdown
from replayx.framing import frame
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork
from replayx.session.connection import Connection
from replayx.session.due_list import DueList
from replayx.session.effects import (
    AbortConnection,
    AnyEffect,
    CloseConnection,
    Reach,
    ReachChanged,
    SendFrames,
)
from replayx.session.links import Links
from replayx.session.pulse import Pulse
from replayx.venues.venue import Venue


class _Outage:
    """One rule, and whether its window is open."""

    __slots__ = ("is_on", "rule", "window")

    def __init__(self, rule: Rule, window: Window) -> None:
        self.rule = rule
        self.window = window
        self.is_on = False


class _Leaving(NamedTuple):
    """A connection that was told that it will end."""

    connection: Connection
    code: int
    reason: str


class Outages:
    """The outages of a plan. `reach` tells of each market whether it can be reached."""

    def __init__(
        self,
        venues: Mapping[str, Venue],
        injector: Injector,
        audience: Audience,
        links: Links,
        pulse: Pulse,
        *,
        clockwork: Clockwork,
    ) -> None:
        self.reach = dict.fromkeys(venues, Reach.OPEN)
        self._injector = injector
        self._audience = audience
        self._links = links
        self._pulse = pulse
        self._clockwork = clockwork
        self._leaving: DueList[_Leaving] = DueList()
        self._plan: Plan | None = None
        self._outages: list[_Outage] = []
        self._looked_ns = 0  # the position where it was last looked what is open

    # ---- asked

    @property
    def horizon_ns(self) -> int | None:
        """Until when, in tape time, nothing begins or ends; None: the tape is free."""
        self._follow()
        if not (self._outages or self._leaving):
            return None
        course = self._clockwork.player.course
        times = [course.time_of_ns(at_ns) for at_ns in self._next_edges()]
        if self._leaving.next_ns is not None and self._pulse.runs_by_tape:
            times.append(self._leaving.next_ns)
        return min(times, default=None)

    def deadline_ns(self) -> int | None:
        """Return when `advance` has something to do."""
        if self._follow():
            return 0
        if not (self._outages or self._leaving):
            return None
        times = [self._pulse.when_at_ns(at_ns) for at_ns in self._next_edges()]
        if self._leaving.next_ns is not None:
            times.append(self._pulse.when_ns(self._leaving.next_ns))
        return min((ns for ns in times if ns is not None), default=None)

    def _next_edges(self) -> list[int]:
        """Return where on the tape windows open that are closed, and close that are open."""
        edges = [one.window.span_ns()[1 if one.is_on else 0] for one in self._outages]
        position_ns = self._looked_ns
        return [edge for edge in edges if position_ns < edge < NEVER_NS]

    # ---- time

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what begins and ends where the tape is, and the ends of connections that are due.

        To be called again where the tape jumps.
        """
        self._follow()
        effects: list[AnyEffect] = []
        if self._outages:
            self._looked_ns = position_ns = self._clockwork.player.position_ns(now_ns)
            for one in self._outages:
                begin_ns, end_ns = one.window.span_ns()
                is_on = begin_ns <= position_ns < end_ns
                if is_on and not one.is_on:
                    effects += self._begin(one.rule, max(begin_ns, self._start_ns), now_ns)
                one.is_on = is_on
        while (due := self._leaving.take(self._pulse.now_ns(now_ns))) is not None:
            effects += self._leave(due[1])
        return effects + self._reached()

    def reset(self) -> list[AnyEffect]:
        """Begin again: nothing has happened, and every market can be reached."""
        self._leaving = DueList()
        self._plan = None
        self._outages = []
        return self._reached()

    def _follow(self) -> bool:
        """Take the plan if it is another; say whether there is something in it to look at."""
        plan = self._injector.plan
        if plan is self._plan:
            return False
        before = {one.rule.name: one for one in self._outages}
        self._plan = plan
        self._looked_ns = self._start_ns - 1
        taken = [_Outage(rule, self._injector.window(rule)) for rule in outages_of(plan)]
        for one in taken:
            known = before.get(one.rule.name)
            one.is_on = known is not None and known.rule == one.rule and known.is_on
        self._outages = taken
        return bool(taken or before)

    @property
    def _start_ns(self) -> int:
        return self._clockwork.player.start_ns

    # ---- what happens

    def _begin(self, rule: Rule, at_ns: int, now_ns: int) -> list[AnyEffect]:
        connections = [
            one
            for number in self._audience.numbers()
            if (one := self._audience.get(number)) is not None and self._acts(rule, number)
        ]
        effects: list[AnyEffect] = []
        for connection in connections:
            if isinstance(rule.toxic, ServerShutdown):
                effects += self._announce(rule, rule.toxic, connection, at_ns, now_ns)
            else:
                self._note(rule, connection, at_ns)
                self._pulse.forget(connection.number)
                self._links.drop(connection.number)
                effects.append(AbortConnection(connection.number))
        return effects

    def _acts(self, rule: Rule, number: int) -> bool:
        link = self._links.link_of(number)
        return link is not None and can_act_on(rule, link)

    def _announce(
        self,
        rule: Rule,
        toxic: ServerShutdown,
        connection: Connection,
        at_ns: int,
        now_ns: int,
    ) -> list[AnyEffect]:
        self._note(rule, connection, at_ns)
        due_ns = self._pulse.time_of(now_ns)(at_ns) + int(toxic.lead)
        self._leaving.add(due_ns, _Leaving(connection, toxic.code, toxic.reason))
        venue_ms = self._clockwork.venue_clock.ms(at_ns)
        notice = connection.venue.shutdown_notice(connection.subscription, venue_ms)
        return [] if notice is None else [SendFrames((connection.number,), frame(notice))]

    def _note(self, rule: Rule, connection: Connection, at_ns: int) -> None:
        link = self._links.link_of(connection.number)
        assert link is not None, "the rule acts on it"
        name = f"{link.name}/outage"
        self._injector.log.note_span(
            *(rule.name, rule.toxic.type),
            market=connection.market,
            link=name,
            first=0,
            last=0,
            at_ns=lambda: at_ns,
        )

    def _leave(self, leaving: _Leaving) -> list[AnyEffect]:
        number = leaving.connection.number
        if self._audience.get(number) is not leaving.connection:
            return []
        self._pulse.forget(number)
        return [CloseConnection(number, leaving.code, leaving.reason)]

    def _reached(self) -> list[AnyEffect]:
        """Tell of the markets that can be reached otherwise than before."""
        effects: list[AnyEffect] = []
        for market, before in self.reach.items():
            ways = [
                Reach(one.rule.toxic.how)
                for one in self._outages
                if one.is_on
                and isinstance(one.rule.toxic, Down)
                and one.rule.where.market in ("", market)
            ]
            reach = ways[0] if ways else Reach.OPEN
            if reach is not before:
                self.reach[market] = reach
                effects.append(ReachChanged(market, reach))
        return effects
