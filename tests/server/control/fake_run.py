"""A run with a clock of its own that does at once what it is told."""

from fractions import Fraction

import msgspec

from replayx.errors import LimitExceeded
from replayx.faults.fault_log import FaultLog
from replayx.faults.rule import Plan
from replayx.ratelimit.limits_document import NO_LIMITS
from replayx.server.control.controls import FaultsSeen, RunFacts
from replayx.server.control.definitions import CassetteState, ConnectionState, MarketState
from replayx.session.effects import ClockState
from replayx.session.inputs import (
    FaultsAsked,
    LimitsAsked,
    PauseAsked,
    ResetAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
)
from replayx.session.limits_state import LimitsState
from replayx.session.stops import StopAfter, StopAt
from replayx.session.transcript import Transcript
from tests.fake_venue import FakeVenue

S = 1_000_000_000
T0 = 1_700_000_000 * S
START = ClockState(
    regime="wall",
    speed="1",
    paused=False,
    started=True,
    ended=False,
    position_ns=T0,
    start_ns=T0,
    end_ns=T0 + 100 * S,
    venue_ms=T0 // 1_000_000,
    shift_ms=0,
    delivered=0,
)


class FakeTimeline:
    """A timeline whose conditions are never met: such a run waits until it is cancelled."""

    def __init__(self):
        self.transcript = Transcript((), b"salt")
        self.told = START
        self.inputs = []
        self.open = [ConnectionState(7, "fake", "/s/a", "127.0.0.1:9", ("a", "b"), 30, 2, 5)]
        self.never = None
        self.plan = Plan()
        self.log = FaultLog()
        self.imposed = NO_LIMITS

    def clock(self):
        return self.told

    async def command(self, make_input):
        given = make_input(len(self.inputs) + 1)
        self.inputs.append(given)
        self.transcript.given(given, self.told.position_ns, 0)
        changes = self._changes(given)
        if changes is None:
            await self.never.wait()
        self.told = msgspec.structs.replace(self.told, **changes)
        return self.told

    def _changes(self, given):
        match given:
            case SpeedAsked(_, speed):
                return {"speed": "max" if speed is None else str(Fraction(speed))}
            case PauseAsked():
                return {"paused": True}
            case ResumeAsked():
                return {"paused": False}
            case SeekAsked(_, at_ns):
                return {"position_ns": at_ns}
            case RunUntilAsked(_, StopAt(at_ns)):
                return {"position_ns": min(at_ns, START.end_ns), "paused": True}
            case RunUntilAsked(_, StopAfter(messages)):
                return {"delivered": self.told.delivered + messages, "paused": True}
            case RunUntilAsked() if self.never is None:
                return {"position_ns": START.end_ns, "ended": True}
            case RunUntilAsked():
                return None
            case FaultsAsked(_, plan):
                self.plan = plan
                return {}
            case LimitsAsked(_, limits):
                self.imposed = limits
                return {}
            case ResetAsked():
                return {field: getattr(START, field) for field in START.__struct_fields__}

    def faults(self):
        return FaultsSeen(7, self.plan, self.log)

    def limits(self):
        return LimitsState(self.imposed, ())

    def limit_words(self):
        return ("request_weight",)

    def connections(self):
        return self.open

    def disconnect(self, number):
        self.open = [one for one in self.open if one.number != number]
        return True


class FakeRun:
    """A run of one cassette; at most three timelines."""

    def __init__(self):
        self.timelines = {"": FakeTimeline()}

    def make_timeline(self, name):
        if name not in self.timelines and len(self.timelines) == 3:
            raise LimitExceeded("3 timelines", expected="at most 3")
        return self.timelines.setdefault(name, FakeTimeline())

    @property
    def venues(self):
        return {"fake": FakeVenue()}

    def facts(self):
        return RunFacts(
            cassettes=(CassetteState("a.rpx", ("fake",), T0, T0 + 100 * S, 40),),
            markets=(MarketState("fake", {"rest": "http://127.0.0.1:1"}),),
            cut_off=3,
        )
