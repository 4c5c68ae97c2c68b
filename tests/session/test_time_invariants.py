"""What no sequence of commands may break: only a seek turns time back, and nothing is lost."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.framing import PONG
from replayx.session.clockwork import Regime
from replayx.session.effects import CloseConnection, SendFrames
from replayx.session.inputs import (
    ConnectionLost,
    PauseAsked,
    PongReceived,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
)
from replayx.session.session import OnSeek
from replayx.session.stops import StopAfter, StopAt
from tests.session.clocked import T0, make, opened
from tests.session.playbook import S
from tests.tapes import payloads

SPEEDS = [Fraction(1), Fraction(10), Fraction(1, 10), Fraction(7, 3), Fraction(1000)]
OFFSETS = st.integers(-S, 40 * S)
COMMANDS = st.one_of(
    st.builds(lambda speed: lambda n: SpeedAsked(n, speed), st.sampled_from([*SPEEDS, None])),
    st.just(PauseAsked),
    st.just(ResumeAsked),
    st.builds(lambda at: lambda n: SeekAsked(n, T0 + at), OFFSETS),
    st.builds(lambda at: lambda n: RunUntilAsked(n, StopAt(T0 + at)), OFFSETS),
    st.builds(lambda count: lambda n: RunUntilAsked(n, StopAfter(count)), st.integers(1, 7)),
)
STEPS = st.lists(
    st.tuples(st.integers(0, 5 * S), st.one_of(st.none(), COMMANDS)), min_size=1, max_size=25
)
TAPES = st.lists(
    st.lists(st.sampled_from([0, 0, S // 3, S, 4 * S]), min_size=1, max_size=5),
    min_size=1,
    max_size=5,
)


def tape(deltas):
    """Return chunks whose k-th message is its number, and when each is due."""
    now, chunks, times = T0, [], []
    for chunk in deltas:
        rows = []
        for delta in chunk:
            now += delta
            rows.append((now, 0, b"%d" % len(times)))
            times.append(now)
        chunks.append(rows)
    return chunks, times


class Watcher:
    """A client, and what it must see: the next message, and no time before the last."""

    def __init__(self, times):
        self.times = times
        self.next = None  # the first message after a seek tells where it is
        self.position_ns = 0

    def take(self, payload, position_ns, from_ns):
        number = int(payload)
        assert self.times[number] <= position_ns, "early"
        if self.next is None:
            assert number == 0 or self.times[number - 1] < from_ns, "lost after a seek"
            assert self.times[number] >= from_ns, "from before the seek"
        else:
            assert number == self.next, "lost or repeated"
        self.next = number + 1


class Run:
    """A session driven step by step, with its clients."""

    def __init__(self, play, times):
        self.play = play
        self.watcher = Watcher(times)
        self.from_ns = T0
        self.number = 1
        self.told = []

    def perform(self, effects):
        session, now = self.play.session, self.play.now_ns
        for effect in effects:
            if isinstance(effect, SendFrames) and bytes(effect.frames[:1]) == b"\x81":
                for payload in payloads(effect.frames):
                    self.watcher.take(payload, session.position_ns(now), self.from_ns)
            elif isinstance(effect, SendFrames):
                assert effect.frames[0] & 0x0F != PONG
                (ping,) = payloads(effect.frames)
                self.perform(session.handle(PongReceived(self.number, ping), now))
            elif isinstance(effect, CloseConnection):
                self.number += 1
                self.perform(session.handle(ConnectionLost(effect.connection), now))
            elif hasattr(effect, "clock"):
                self.told.append(effect.number)

    def settle(self):
        """Advance until nothing is due any more; time goes on meanwhile for nobody."""
        play = self.play
        for _ in range(500):
            deadline = play.session.next_deadline_ns()
            if deadline is None or deadline > play.now_ns:
                return
            self.perform(play.session.advance(play.now_ns))
        raise AssertionError("it never comes to rest")

    def seek_to(self, event):
        session = self.play.session
        state = session.clock(self.play.now_ns)
        self.from_ns = min(max(event.at_ns, state.start_ns), state.end_ns)
        self.watcher.next = None
        self.watcher.position_ns = 0

    def check(self):
        position = self.play.session.position_ns(self.play.now_ns)
        assert position >= self.watcher.position_ns, "time went back"
        self.watcher.position_ns = position


def drive(run, steps):
    for count, (step, command) in enumerate(steps):
        run.play.now_ns += step
        run.settle()
        run.check()
        if command is not None:
            event = command(count)
            effects = run.play.session.handle(event, run.play.now_ns)
            if isinstance(event, SeekAsked):
                # What was due came before the seek.
                cut = next(
                    k for k, one in enumerate(effects) if getattr(one, "number", -1) == count
                )
                run.perform(effects[:cut])
                run.seek_to(event)
                effects = effects[cut:]
            run.perform(effects)
        if run.play.session.next_deadline_ns() != 0 or not run.play.session.is_flat_out:
            run.settle()
        run.check()


@pytest.mark.parametrize("skip_idle_ns", [None, S])
@pytest.mark.parametrize("regime", list(Regime))
@given(deltas=TAPES, steps=STEPS)
def test_between_seeks_nothing_is_lost_repeated_or_turned_back(regime, skip_idle_ns, deltas, steps):
    chunks, times = tape(deltas)
    play = make(chunks, regime=regime, skip_idle_ns=skip_idle_ns, on_seek=OnSeek.CONTINUE)
    run = Run(play, times)
    opened(play, 1, "/s/a")
    run.perform(play._effects)
    drive(run, steps)
    # Whatever happened, it can be played to its end: every message since the seek was there.
    run.perform(play.session.handle(SpeedAsked(98, None), play.now_ns))
    run.perform(play.session.handle(ResumeAsked(99), play.now_ns))
    run.settle()
    assert play.session.is_ended
    if run.watcher.next is not None:
        assert run.watcher.next == len(times)


@given(deltas=TAPES, steps=STEPS)
def test_every_command_is_answered_once(deltas, steps):
    chunks, times = tape(deltas)
    play = make(chunks, on_seek=OnSeek.CONTINUE)
    run = Run(play, times)
    opened(play, 1, "/s/a")
    run.perform(play._effects)
    drive(run, steps)
    run.perform(play.session.handle(PauseAsked(len(steps)), play.now_ns))
    asked = [count for count, (_, command) in enumerate(steps) if command is not None]
    assert sorted(run.told) == [*asked, len(steps)]


@given(
    st.lists(
        st.tuples(st.integers(1, 3 * S), st.sampled_from([*SPEEDS, "pause", "resume"])), max_size=20
    )
)
def test_the_pace_is_exact_after_any_change_of_it(changes):
    chunks, times = tape([[S // 7] * 5] * 6)
    play = make(chunks)
    opened(play, 1, "/s/a")
    play._effects = None
    exact, speed, is_paused, got = Fraction(times[0]), Fraction(1), False, 0

    def pass_to(now):
        """Go from deadline to deadline; each message comes at the first ns it is due."""
        nonlocal exact, got
        while got < len(times) and not is_paused:
            due = play.now_ns + -((exact - times[got]) // speed) if exact < times[got] else 0
            if due > now:
                break
            due = max(due, play.now_ns)
            if due > play.now_ns:
                assert play.session.next_deadline_ns() == min(due, ping_ns())
                exact += (due - play.now_ns) * speed
                play.now_ns = due
            sent = [
                payload
                for effect in play.session.advance(due)
                if isinstance(effect, SendFrames) and bytes(effect.frames[:1]) == b"\x81"
                for payload in payloads(effect.frames)
            ]
            assert sent[0] == b"%d" % got
            got += len(sent)
        if not is_paused:
            exact += (now - play.now_ns) * speed
        play.now_ns = now
        end = times[-1]
        assert play.session.position_ns(now) == min(int(exact), end)

    def ping_ns():
        return play.session._audience.liveness_ns

    for number, (step, change) in enumerate(changes):
        pass_to(play.now_ns + step)
        play.session.handle(PongReceived(1, b""), play.now_ns)
        if change == "pause":
            event, is_paused = PauseAsked(number), True
        elif change == "resume":
            event, is_paused = ResumeAsked(number), False
        else:
            event, speed = SpeedAsked(number, change), change
        play.session.handle(event, play.now_ns)
