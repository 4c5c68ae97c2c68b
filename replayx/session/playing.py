"""Playing: the part of a session that time moves: what is due, on the tape and on its way.

What the tape tells goes to everybody who watches it, and by `links` where the plan acts on a
connection. What is sent besides goes the same way, behind it.
"""

from typing import assert_never

from replayx.session.effects import (
    AbortConnection,
    AnyEffect,
    CloseConnection,
    Ended,
    SendFrames,
)
from replayx.session.ensemble import GOING_AWAY, AtEnd, Ensemble
from replayx.session.inputs import MessageReceived, PingReceived, PongReceived
from replayx.session.links import Arrival
from replayx.timeline.tape import Stretch


class Playing(Ensemble):
    """A replay run as time moves it; `ReplaySession` is what its inputs do."""

    _is_behind = False

    # ---- what is asked of it

    @property
    def is_behind(self) -> bool:
        """Whether more was due than is sent at once: the caller lets clients read in between."""
        return self._player.is_behind or self._is_behind

    def next_deadline_ns(self) -> int | None:
        """Return when `advance` has something to do; None: not before the next input."""
        due_ns = None
        if not self._is_held:
            due_ns = self._player.deadline_ns(self._waiting_count)
        times = (
            due_ns,
            self._pulse.deadline_ns(),
            self._trips.deadline_ns(),
            self._links.deadline_ns(),
            self._handshakes.deadline_ns(),
            self._outages.deadline_ns(),
        )
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def _is_held(self) -> bool:
        """Whether the tape waits: for a client, or, where no time passes, for a history.

        Or until what is in flight has arrived, if there is too much of it.
        """
        if self._pulse.holds_the_tape:
            return True
        return self.is_flat_out and (self._desk.is_waiting or self._links.is_full)

    @property
    def _waiting_count(self) -> int:
        """For how many the tape plays flat out: for a delayed answer, too, if it alone is time."""
        delayed = (self._trips.horizon_ns, self._handshakes.horizon_ns)
        return self._audience.watcher_count or int(any(ns is not None for ns in delayed))

    # ---- time

    def _advanced(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`: at most one write a connection at full speed."""
        effects = self._arrived(now_ns)
        effects += self._links.carry(self._pulse.advance(now_ns), now_ns)
        effects += self._links.carry(self._trips.advance(now_ns), now_ns)
        if self._clockwork.venue_clock.shift_ms != self._shift_ms:
            self._shift_ms = self._clockwork.venue_clock.shift_ms
            self._audience.watch_anew()
        if not self.is_ended and not self._is_held:
            for stretch in self._player.play(
                now_ns, self._waiting_count, horizon_ns=self._horizon_ns
            ):
                effects += self._played(stretch, now_ns)
            effects += self._arrived(now_ns)
            # What is due where the tape is now.
            effects += self._links.carry(self._trips.advance(now_ns), now_ns)
            if self.is_ended:
                effects += self._end(now_ns)
        effects += self._links.carry(self._outages.advance(now_ns), now_ns)
        self._is_behind = self._links.is_behind(now_ns)
        if self._is_ending and self._links.is_clear:
            self._is_ending = False
            effects.append(Ended())
        return effects + self._settle(now_ns)

    def _played(self, stretch: Stretch, now_ns: int) -> list[AnyEffect]:
        """Return a stretch of the tape for everybody who watches it."""
        run, first, stop, dropped, _ = stretch
        self._injector.note(run, first, stop)
        effects: list[AnyEffect] = []
        if not self._links.is_idle:
            # A toxic may end a connection, which watches nothing then.
            for view, connections in tuple(self._audience.watchers.items()):
                effects += self._links.stream(stretch, view, connections, now_ns)
            return effects
        for view, connections in self._audience.watchers.items():
            frames = view.frames(run, first, stop, dropped)
            if len(frames):
                effects.append(SendFrames(connections, frames))
        return effects

    def _arrived(self, now_ns: int) -> list[AnyEffect]:
        """Return what arrives by now at clients, and what follows from what arrives from them."""
        effects = self._links.advance(now_ns)
        effects += self._handshakes.advance(now_ns)
        return effects + self._heard(self._links.arrived(now_ns), now_ns)

    def _heard(self, arrivals: list[Arrival], now_ns: int) -> list[AnyEffect]:
        """Do what clients said, now that it has arrived."""
        effects: list[AnyEffect] = []
        for arrival in arrivals:
            match arrival:
                case MessageReceived():
                    told = self._reception.message(arrival, now_ns)
                case PingReceived():
                    told = self._reception.ping(arrival, now_ns)
                case PongReceived():
                    told = self._reception.pong(arrival, now_ns)
                case _ if self._links.link_of(arrival.connection) is None:
                    told = []  # what it said before has led to its end
                case CloseConnection():
                    self._pulse.forget(arrival.connection)
                    told = [arrival]
                case AbortConnection():
                    self._pulse.forget(arrival.connection)
                    self._links.drop(arrival.connection)
                    told = [arrival]
                case _:
                    assert_never(arrival)
            effects += self._links.carry(told, now_ns)
        return effects

    @property
    def _horizon_ns(self) -> int | None:
        """Until when, in tape time, only the tape tells anything; None: it is free."""
        times = (
            self._pulse.horizon_ns,
            self._trips.horizon_ns,
            self._links.horizon_ns,
            self._handshakes.horizon_ns,
            self._outages.horizon_ns,
        )
        return min((ns for ns in times if ns is not None), default=None)

    def _end(self, now_ns: int) -> list[AnyEffect]:
        if self._at_end is AtEnd.HOLD:
            return [Ended()]
        self._is_ending = True  # once what is in flight has arrived
        return self._links.carry(self._pulse.close_all(GOING_AWAY), now_ns)

    def _settle(self, now_ns: int) -> list[AnyEffect]:
        """Answer a command that has arrived; in lockstep when every client has read that far."""
        if not self._clockwork.has_arrived or (self.is_flat_out and self._desk.is_waiting):
            return []
        effects: list[AnyEffect] = []
        if self._calls_roll and self._clockwork.calls_roll():
            effects += self._pulse.call_roll(now_ns)
        return [*effects, *self._clockwork.tell(now_ns)] if self._pulse.is_heard else effects
