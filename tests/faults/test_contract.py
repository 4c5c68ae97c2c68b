"""The contract: every toxic of the registry keeps it, and those that don't are found out."""

from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from replayx.faults.attributes import Duration, Ratio, read_attribute
from replayx.faults.contract import BrokenContract, check_toxic
from replayx.faults.flow import Ending, Part
from replayx.faults.injector import Injector
from replayx.faults.parts import changed, delayed, left_out
from replayx.faults.registry import load_toxic, toxic_names
from replayx.faults.toxic import Stage, Toxic
from replayx.venues.registry import load_venue
from tests.faults.flows import WS, carried, flow_of

# Of toxics that do several things, the others; a name alone is as its defaults have it.
OTHERWISE = [
    ("latency", {"jitter": "30ms"}),
    ("latency", {"jitter": "200ms"}),
    ("latency", {"jitter": "30ms", "correlation": 0.5}),
    ("latency", {"jitter": "30ms", "distribution": "normal"}),
    ("latency", {"jitter": "30ms", "distribution": "lognormal", "correlation": "90%"}),
    ("latency", {"jitter": "30ms", "distribution": "pareto"}),
    ("latency", {"distribution": "recorded"}),
    ("bandwidth", {"rate": "1KB/s"}),
    ("slicer", {"average_size": 10, "size_variation": 9}),
    ("slicer", {"average_size": 5, "delay": "0s"}),
    ("stall", {"but_pings": True}),
    ("stale_feed", {"mode": "hold"}),
    ("loss", {"rate": 0.3}),
    ("loss", {"enter": 0.1, "leave": 0.5}),
    ("loss", {"ids": "5..9"}),
    ("duplicate", {"count": 3, "after": "20ms"}),
    ("reorder", {"window": 1, "within": "10ms"}),
    ("delay", {"jitter": "900ms"}),
    *(("corrupt", {"how": how}) for how in ("truncate", "json", "type")),
    *(("invalid_frame", {"how": how}) for how in ("opcode", "masked", "utf8")),
    ("fragment", {"pieces": 9}),
    ("disconnect", {"how": "reset"}),
    ("disconnect", {"how": "abort", "after": "1s"}),
    ("reset_peer", {"timeout": "2s"}),
    ("timeout", {"timeout": "2s"}),
    ("limit_data", {"bytes": 1}),
]
# What has no default, and what takes long as it is by default.
GIVEN = {"oversize": {"size": "20KB"}, "venue_failure": {"failure": "overloaded"}}


def made(name, attributes):
    given = GIVEN.get(name, {}) | attributes
    return msgspec.convert(given, load_toxic(name), dec_hook=read_attribute)


@pytest.mark.parametrize("name", toxic_names())
def test_every_toxic_keeps_it(name):
    toxic = made(name, {})
    assert toxic.type == name
    assert toxic.source
    check_toxic(toxic, venue=load_venue("binance-spot"))


@pytest.mark.parametrize(("name", "attributes"), OTHERWISE, ids=str)
def test_every_kind_of_it_keeps_it(name, attributes):
    check_toxic(made(name, attributes), seed=7)


# ---- toxics that break it


class Broken(Toxic, frozen=True, kw_only=True):
    """Does on links what a test says."""

    type: ClassVar[str] = "broken"
    draws: ClassVar[int] = 1

    def on_link(self, link):
        return type(self)

    @staticmethod
    def apply(flow, fired, draws):
        raise NotImplementedError


class Swallowing(Broken, frozen=True):
    """Drops messages, and says nothing."""

    @staticmethod
    def apply(flow, fired, draws):
        flow.parts = left_out(flow.parts, fired)
        return ()


class Boasting(Broken, frozen=True):
    """Says that it touched what was not selected."""

    @staticmethod
    def apply(flow, fired, draws):
        return range(flow.count)


class Greedy(Broken, frozen=True):
    """Takes more draws than it declared."""

    @staticmethod
    def apply(flow, fired, draws):
        draws.column(1)
        return ()


class Batching(Broken, frozen=True):
    """Delays by where a message is in its flow."""

    @staticmethod
    def apply(flow, fired, draws):
        flow.parts = changed(
            flow.parts, fired, lambda part, k: [part._replace(due_ns=part.due_ns + k)]
        )
        return fired


class Cutting(Broken, frozen=True):
    """Sends half a frame."""

    @staticmethod
    def apply(flow, fired, draws):
        flow.parts = changed(
            flow.parts, fired, lambda part, k: [part._replace(data=bytes(flow.frame(k)[:-1]))]
        )
        return fired


class Hurrying(Broken, frozen=True):
    """Sends what has not come yet."""

    @staticmethod
    def apply(flow, fired, draws):
        flow.parts = delayed(flow.parts, fired, -1)
        return fired


class Overtaking(Broken, frozen=True):
    """Turns the order round in transport."""

    stage: ClassVar[Stage] = Stage.TRANSPORT

    @staticmethod
    def apply(flow, fired, draws):
        flow.parts = flow.parts[::-1]
        return ()


class Reviving(Broken, frozen=True):
    """Sends what another toxic dropped."""

    @staticmethod
    def apply(flow, fired, draws):
        if fired:
            flow.parts = [Part(k, k + 1, flow.at_ns[k]) for k in range(flow.count)]
        return fired


class Hasty(Broken, frozen=True):
    """Ends the connection, and no rule selected anything."""

    @staticmethod
    def apply(flow, fired, draws):
        if not fired:
            flow.ending = Ending(1000)
        return ()


class Rewriting(Broken, frozen=True):
    """Changes bytes in transport."""

    stage: ClassVar[Stage] = Stage.TRANSPORT

    @staticmethod
    def apply(flow, fired, draws):
        flow.parts = changed(flow.parts, fired, lambda part, k: [part._replace(data=b"\x81\x01x")])
        return fired


class Pacing(Broken, frozen=True):
    """Touches what came before its time on the tape."""

    @staticmethod
    def apply(flow, fired, draws):
        due_ns = {k: part.due_ns for part in flow.parts for k in range(part.first, part.stop)}
        return [k for k in fired if k in due_ns and due_ns[k] < flow.at_ns[k]]


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (Swallowing, "nor touched"),
        (Boasting, "not ascending and of what was selected"),
        (Greedy, "takes draw 1 of 1 declared"),
        (Batching, "something else than one flow"),
        (Cutting, "no whole frame"),
        (Hurrying, "before it came"),
        (Overtaking, "overtake"),
        (Reviving, "another toxic dropped"),
        (Hasty, "nothing is selected"),
        (Rewriting, "changes in transport"),
        (Pacing, "another pace"),
    ],
)
def test_what_breaks_it_is_found_out(broken, complaint):
    with pytest.raises(BrokenContract, match=complaint):
        check_toxic(broken())


def test_what_stays_in_flight_is_found_out(monkeypatch):
    monkeypatch.setattr(Injector, "replace", lambda self, plan, at_ns: None)
    with pytest.raises(BrokenContract, match="in flight"):
        check_toxic(made("stall", {}))


class Denying(Toxic, frozen=True, kw_only=True):
    """Delays requests, and says it did not."""

    type: ClassVar[str] = "denying"

    delay: Duration = Duration(5)
    share: Ratio = Ratio(0.5)

    def on_requests(self, link):
        return self

    def apply(self, trip, draws):
        trip.arrival_delay_ns += self.delay
        return False


def test_requests_are_looked_at_too():
    with pytest.raises(BrokenContract, match="says it did not act"):
        check_toxic(Denying())
    with pytest.raises(BrokenContract, match="before it came"):
        check_toxic(Rushing())


class Rushing(Denying, frozen=True, kw_only=True):
    """Answers before it is asked."""

    def apply(self, trip, draws):
        trip.departure_delay_ns -= 1
        return True


class Forgetful(Toxic, frozen=True, kw_only=True):
    """Has an attribute that does not read back."""

    type: ClassVar[str] = "forgetful"

    word: str = ""

    def __post_init__(self):
        msgspec.structs.force_setattr(self, "word", self.word + "x")


def test_attributes_read_back():
    with pytest.raises(BrokenContract, match="read back"):
        check_toxic(Forgetful())


def test_the_example_of_the_how_to_keeps_it():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-toxic.md"
    example = page.read_text().split("```python\n")[1].partition("```")[0]
    module = {"__name__": "lose_large"}
    exec(example, module)
    loses = module["LoseLarge"](size=100, rate=Ratio(0.5))
    check_toxic(loses)
    flow = flow_of("a" * 200, "b", "c" * 300)
    assert carried(loses.on_link(WS), flow, (0.4, 0.1, 0.6)) == [0]
