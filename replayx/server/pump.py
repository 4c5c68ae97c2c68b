"""The run loop: asks the session what is due, performs it, and sleeps until the next deadline."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

from replayx.clock import NS_PER_S, Clock
from replayx.server.pending import Pending
from replayx.server.sink import Sink
from replayx.session.effects import (
    AbortConnection,
    Accept,
    AnyEffect,
    ClockState,
    ClockTold,
    CloseConnection,
    Ended,
    HistoryWanted,
    Reach,
    ReachChanged,
    Refuse,
    Reply,
    SendFrames,
    Started,
)
from replayx.session.inputs import AnyInput, ConnectionAsked, RequestReceived, RequestRefused
from replayx.session.session import ReplaySession
from replayx.venues.venue import HttpReply

# At full speed: writes between two turns of the event loop, so that clients are heard in between.
_WRITES_A_TURN = 4

# When behind: how long clients may read before more is written. Those that keep up need less, and
# one that does not read may not hold up the others.
_CATCH_UP_S = 1.0

# What is said to whoever still asks when the run is over: it failed, or the server is stopping.
_OVER = HttpReply(503, b"")
_NO_ANSWER = Reply(0, _OVER)


# What becomes of a handshake.
Verdict = Accept | Refuse | AbortConnection


class Pump:
    """Drives one session. Everything happens on the event loop, between two awaits."""

    def __init__(self, session: ReplaySession, sink: Sink, clock: Clock) -> None:
        self.session = session
        self.sink = sink
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._replies: Pending[Reply] = Pending()
        self._told: Pending[ClockState] = Pending()
        self._commands = count(1)
        self._verdicts: Pending[Verdict] = Pending()
        self._is_stopped = False
        self.preparing: asyncio.Future[None] | None = None
        self.on_start: Callable[[int], None] = _ignore
        self.reach: dict[str, Reach] = {}  # of the markets that cannot be reached as ever
        self.on_reach_changed: Callable[[str, Reach], None] = _unchanged
        self.on_end: Callable[[], None] = _nothing
        self.on_failure: Callable[[BaseException], None] = _raise
        self.on_history_wanted: Callable[[str], object] = _unheard

    async def ready(self) -> None:
        """Wait until requests can be answered without a stop of everything else."""
        if self.preparing is not None and not self.preparing.done():
            await asyncio.shield(self.preparing)

    # ---- inputs

    def feed(self, event: AnyInput) -> None:
        """Hand an input to the session and perform what follows; nothing once it is stopped."""
        if not self._is_stopped:
            self._expect(event)
            with self._telling():
                self._handle(event)

    async def answer(self, number: int) -> Reply:
        """Wait for the answer to a request that was fed, which may come later. Once each."""
        return await self._replies.wait(number, _NO_ANSWER)

    async def command(self, make: Callable[[int], AnyInput]) -> ClockState:
        """Feed the clock's command made with a number; wait for its answer.

        In lockstep, where the tape stands, every socket has taken what was written then. When the
        session is over the answer is where it stands.
        """
        if self._is_stopped:
            return self.clock()
        number = next(self._commands)
        self._told.expect(number)
        self.feed(make(number))
        state = await self._told.wait(number, self.clock())
        if self.session.is_lockstep and state.paused:
            await self.sink.cleared()
        return state

    def clock(self) -> ClockState:
        """Return where the clock stands."""
        return self.session.clock(self._clock.now_ns())

    async def verdict(self, connection: int) -> Verdict:
        """Wait for what becomes of a handshake that was fed, which may come later. Once each."""
        return await self._verdicts.wait(connection, Refuse(connection, _OVER))

    def start(self) -> None:
        """Begin to turn."""
        with self._telling():
            self._schedule()

    def stop(self) -> None:
        """Turn no more."""
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._waiting is not None and self._waiting is not asyncio.current_task():
            self._waiting.cancel()
        self._replies.end(_NO_ANSWER)
        self._told.end(self.clock())
        self._verdicts.end(Refuse(0, _OVER))

    def _expect(self, event: AnyInput) -> None:
        if isinstance(event, RequestReceived | RequestRefused):
            self._replies.expect(event.number)
        elif isinstance(event, ConnectionAsked):
            self._verdicts.expect(event.connection)

    def _handle(self, event: AnyInput) -> None:
        self._perform(self.session.handle(event, self._clock.now_ns()))
        self._schedule()

    # ---- turning

    def _schedule(self) -> None:
        if self._is_stopped or self._waiting is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        deadline_ns = self.session.next_deadline_ns()
        if deadline_ns is None:
            self._timer = None
        elif deadline_ns > self._clock.now_ns():
            # asyncio's loop reads the same monotonic clock. Should rounding wake it early, the
            # session finds nothing due and the timer is set once more.
            self._timer = self._loop.call_at(deadline_ns / NS_PER_S, self._turn)
        else:
            self._timer = self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._timer = None
        with self._telling():
            self._advance()
            self._schedule()

    def _advance(self) -> None:
        self._perform(self.session.advance(self._clock.now_ns()))
        if not self.session.is_flat_out:
            if self.session.is_behind and not self.sink.is_clear():
                self._waiting = asyncio.ensure_future(self._wait(_CATCH_UP_S))
            return
        for _ in range(_WRITES_A_TURN - 1):
            if self.session.is_ended or not self.sink.is_clear():
                break
            self._perform(self.session.advance(self._clock.now_ns()))
        if not self.sink.is_clear():
            # At full speed the slowest client sets the pace.
            self._waiting = asyncio.ensure_future(self._wait(None))

    async def _wait(self, within_s: float | None) -> None:
        with self._telling():
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self.sink.cleared()
            self._waiting = None
            self._schedule()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """End the run if it fails: the tape may be damaged where it has not been read before."""
        try:
            yield
        except Exception as error:
            self.stop()
            self.on_failure(error)

    def _perform(self, effects: list[AnyEffect]) -> None:
        for effect in effects:
            match effect:
                case SendFrames():
                    self.sink.write(effect.connections, effect.frames)
                case Reply():
                    self._replies.tell(effect.number, effect)
                case HistoryWanted():
                    self.on_history_wanted(effect.market)
                case ClockTold():
                    self._told.tell(effect.number, effect.clock)
                case Accept() | Refuse():
                    self._verdicts.tell(effect.connection, effect)
                case CloseConnection():
                    self.sink.close(effect.connection, effect.code, effect.reason)
                case AbortConnection():
                    self._verdicts.tell(effect.connection, effect)  # if it is no socket yet
                    self.sink.abort(effect.connection, is_reset=effect.is_reset)
                case ReachChanged():
                    self.reach[effect.market] = effect.reach
                    self.on_reach_changed(effect.market, effect.reach)
                case Started():
                    self.on_start(effect.now_ns)
                case Ended():
                    self.on_end()


def _ignore(now_ns: int) -> None:
    """Do nothing."""


def _unheard(market: str) -> None:
    """Take a wish that nobody fulfils."""
    del market


def _unchanged(market: str, reach: Reach) -> None:
    """Take a change that nobody follows."""
    del market, reach


def _nothing() -> None:
    """Do nothing."""


def _raise(error: BaseException) -> None:
    raise error
