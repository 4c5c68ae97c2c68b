"""The session: the tape, the playhead and the clients' subscriptions, turned into effects.

    input, now ──> handle ──┐
                            ├──> effects, to be performed at once and in order
             now ──> advance┘
                    next_deadline_ns: when `advance` has something to do again

Three times meet here: `now_ns` (monotonic, given), the position on the tape (the playhead maps one
to the other), and the venue's own clock (the position plus the recorded clock offset), which is
what /time and pings show. A client's liveness runs in the first, or in the second.
"""

from replayx.session.clockwork import ClockCommand
from replayx.session.effects import AnyEffect, ClockTold, CloseConnection, Reply
from replayx.session.ensemble import GOING_AWAY, AtEnd, OnSeek
from replayx.session.inputs import (
    AnyInput,
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    FaultsAsked,
    HistoryBuilt,
    LimitsAsked,
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
    RequestRefused,
    ResetAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    StartAsked,
)
from replayx.session.playing import Playing

__all__ = ["GOING_AWAY", "AtEnd", "OnSeek", "ReplaySession"]


class ReplaySession(Playing):
    """One replay run. The caller performs the effects of each call before the next call."""

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`: at most one write a connection at full speed."""
        return self._advanced(now_ns)

    # ---- inputs

    def handle(self, event: AnyInput, now_ns: int) -> list[AnyEffect]:
        """Take an input and return its effects."""
        match event:
            case RequestReceived():
                first = self._run_first(now_ns)
                return first + self._links.carry(self._trips.http(event, now_ns), now_ns)
            case MessageReceived():
                first = self._run_first(now_ns)
                return first + self._heard(self._links.receive(event, now_ns), now_ns)
            case ConnectionAsked():
                return self._links.carry(self._reception.asked(event, now_ns), now_ns)
            case ConnectionOpened():
                return self._links.carry(self._opened(event, now_ns), now_ns)
            case PingReceived():
                return self._heard(self._links.receive(event, now_ns), now_ns)
            case PongReceived():
                heard = self._heard(self._links.receive(event, now_ns), now_ns)
                return heard + self._settle(now_ns)
            case ConnectionLost():
                self._lose(event.connection)
                return self._settle(now_ns)
            case RequestRefused():
                reply = self._venues[event.market].refuse(event.refusal, event.detail)
                return [Reply(event.number, reply)]
            case HistoryBuilt():
                return self._take_up(event.market, now_ns)
            case StartAsked():
                return self._clockwork.start(now_ns)
            case FaultsAsked() | LimitsAsked():
                return self._change(event, now_ns)
            case _:
                return self._command(event, now_ns)

    def _run_first(self, now_ns: int) -> list[AnyEffect]:
        """Play what is due, if a run may end in it: no question sees further than that."""
        return [] if self._player.halt is None or self.is_flat_out else self._advanced(now_ns)

    def _lose(self, number: int) -> None:
        """Forget a connection that is gone."""
        self._pulse.forget(number)
        self._links.drop(number)
        self._handshakes.forget(number)
        self.limiting.sockets.left(number)

    def _opened(self, event: ConnectionOpened, now_ns: int) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
        if connection is None:
            # Closed since it was accepted: nobody was there to be told.
            is_late = self._links.link_of(event.connection) is not None
            return [CloseConnection(event.connection, GOING_AWAY, "")] if is_late else []
        if self.is_ended and self._at_end is not AtEnd.HOLD:
            self._pulse.forget(event.connection)
            return [CloseConnection(event.connection, GOING_AWAY, "")]
        return self._reception.watch(connection, now_ns)

    def _change(self, event: FaultsAsked | LimitsAsked, now_ns: int) -> list[AnyEffect]:
        effects = self._advanced(now_ns)  # what is due by now comes first
        if isinstance(event, LimitsAsked):
            self.limiting.impose(event.limits)
        else:
            effects += self._links.replace(event.plan, now_ns)
        return [*effects, ClockTold(event.number, self.clock(now_ns))]

    def _take_up(self, market: str, now_ns: int) -> list[AnyEffect]:
        """Go on with what waited for a market's history."""
        self._audience.watch_anew()
        waited = self._run_first(now_ns)
        waited += self._links.carry(self._trips.take_up(market, now_ns), now_ns)
        return waited + self._settle(now_ns)

    def _command(self, event: ClockCommand, now_ns: int) -> list[AnyEffect]:
        effects = self._advanced(now_ns)  # what is due by now comes first
        if isinstance(event, ResetAsked):
            effects += [*self._links.reset(now_ns), *self._handshakes.reset()]
            self._is_ending = False
            effects += self._outages.reset()
        effects += self._clockwork.command(event, now_ns)
        if self._calls_roll and isinstance(event, RunUntilAsked | ResumeAsked):
            # The echo comes behind whatever a client sent before: the tape waits for that, too.
            effects += self._pulse.call_roll(now_ns)
        is_sought = isinstance(event, SeekAsked) and self._on_seek is OnSeek.CLOSE
        if is_sought or isinstance(event, ResetAsked):
            effects += self._links.carry(self._pulse.close_all(GOING_AWAY), now_ns)
        if isinstance(event, ResetAsked):
            effects += self._trips.reset(now_ns)
            self._desk.reset()
            self.limiting.reset()
        effects += self._links.carry(self._outages.advance(now_ns), now_ns)  # the tape may jump
        return effects + self._settle(now_ns)
