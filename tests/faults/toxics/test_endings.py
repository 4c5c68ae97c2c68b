"""How connections end: with which message, in which way, and how much later."""

import msgspec
import pytest

from replayx.clock import NS_PER_S
from replayx.faults.flow import NEVER_NS, Ending
from replayx.faults.round_trip import Delivery
from replayx.framing import PING, frame
from tests.faults.flows import REST, UPSTREAM, WS, WSAPI, carried, flow_of, texts, toxic, trip_on


@pytest.mark.parametrize(
    ("name", "attributes", "ending", "arrived"),
    [
        ("disconnect", {}, Ending(1001), "ab"),
        ("disconnect", {"code": 4000, "reason": "so"}, Ending(4000, "so"), "ab"),
        ("disconnect", {"how": "reset"}, Ending(is_reset=True), "ab"),
        ("disconnect", {"how": "abort", "after": "1s"}, Ending(delay_ns=NS_PER_S), "ab"),
        ("ping_timeout", {}, Ending(1008, "Pong timeout"), "ab"),
        ("day_cut", {}, Ending(1001), "ab"),
        ("reset_peer", {}, Ending(is_reset=True), "a"),
        ("reset_peer", {"timeout": "1s"}, Ending(is_reset=True, delay_ns=NS_PER_S), "a"),
        ("timeout", {"timeout": "1s"}, Ending(delay_ns=NS_PER_S), "a"),
    ],
)
def test_endings(name, attributes, ending, arrived):
    flow = flow_of(*"abcd")
    assert carried(toxic(name, **attributes).on_link(WS), flow, fired=[1, 3]) == [1]
    assert "".join(text for _, text in texts(flow)) == arrived
    assert flow.ending == ending


def test_a_timeout_of_nothing_never_ends():
    flow = flow_of(*"ab")
    carried(toxic("timeout").on_link(WS), flow, fired=[1])
    assert texts(flow) == [(0, "a"), (NEVER_NS, "b")]
    assert flow.ending is None


def test_a_connection_ends_once():
    flow = flow_of(*"ab")
    flow.ending = Ending(1000, "over")
    assert carried(toxic("disconnect").on_link(WS), flow) == []
    assert flow.ending == Ending(1000, "over")


@pytest.mark.parametrize(
    ("link", "channel", "framed", "ends"),
    [
        (WS, "c", b"\x81\x01a", True),
        (WS, "", b"\x81\x01a", False),  # an answer to a command: no message of a stream
        (WSAPI, "", b"\x81\x01a", True),
        (WSAPI, "", frame(b"1", PING), False),
        (UPSTREAM, "", b"\x81\x01a", True),
    ],
)
def test_which_messages_count(link, channel, framed, ends):
    flow = flow_of(framed=[framed], channel=channel)
    assert carried(toxic("disconnect").on_link(link), flow) == ([0] if ends else [])
    assert (flow.ending is not None) is ends


@pytest.mark.parametrize(
    "attributes",
    [{"code": 1006}, {"code": 1005}, {"code": 999}, {"code": 5000}, {"reason": "é" * 62}],
)
def test_close_frames_hold_what_they_may(attributes):
    with pytest.raises(msgspec.ValidationError):
        toxic("disconnect", **attributes)


@pytest.mark.parametrize("name", ["disconnect", "reset_peer", "timeout", "day_cut"])
def test_requests_are_no_connections(name):
    assert toxic(name).on_link(REST) is None


@pytest.mark.parametrize(
    ("name", "attributes", "delivery", "delay_ns"),
    [
        ("reset_peer", {}, Delivery.RESET, 0),
        ("reset_peer", {"timeout": "2s"}, Delivery.RESET, 2 * NS_PER_S),
        ("timeout", {}, Delivery.NEVER, 0),
        ("timeout", {"timeout": "2s"}, Delivery.EMPTY, 2 * NS_PER_S),
    ],
)
def test_connections_end_in_place_of_answers(name, attributes, delivery, delay_ns):
    trip = trip_on(REST)
    assert toxic(name, **attributes).on_requests(REST).apply(trip, [])
    assert (trip.manner.delivery, trip.departure_delay_ns) == (delivery, delay_ns)
    assert toxic(name, **attributes).on_requests(WSAPI) is None
