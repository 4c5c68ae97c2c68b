"""maintenance: what a closed market says."""

import msgspec
import pytest

from replayx.faults.round_trip import Halt
from replayx.venues.registry import load_venue
from tests.faults.flows import REST, UPSTREAM, WS, WSAPI, carried, flow_of, texts, toxic, trip_on

CHANNELS = ["btcusdt@trade", "ethusdt@trade", "btcusdt@depth@100ms"]


def flow():
    return flow_of("a", "b", "c", channel=CHANNELS, venue=load_venue("binance-spot"))


def test_streams_are_silent():
    silent = flow()
    assert carried(toxic("maintenance").on_link(WS), silent) == [0, 1, 2]
    assert texts(silent) == []


def test_streams_of_the_symbols_that_are_closed_are_silent():
    silent = flow()
    running = toxic("maintenance", symbols=["BTCUSDT"]).on_link(WS)
    assert carried(running, silent) == [0, 2]
    assert [text for _, text in texts(silent)] == ["b"]


def test_only_what_fires_is_silent():
    silent = flow()
    assert carried(toxic("maintenance").on_link(WS), silent, fired=[1]) == [1]
    assert [text for _, text in texts(silent)] == ["a", "c"]


def test_requests_meet_a_closed_market():
    for link in (REST, WSAPI):
        trip = trip_on(link)
        closed = toxic("maintenance", status="HALT", symbols=["A", "B"])
        assert closed.on_requests(link).apply(trip, [])
        assert trip.halt == Halt("HALT", ("A", "B"))


def test_where_it_acts():
    assert toxic("maintenance").on_link(UPSTREAM) is None
    assert toxic("maintenance").on_link(WSAPI) is None
    assert toxic("maintenance").on_requests(WS) is None


@pytest.mark.parametrize("status", ["", "break", 'X","a":"', "A B"])
def test_a_status_that_is_none(status):
    with pytest.raises(msgspec.ValidationError, match="status"):
        toxic("maintenance", status=status)


def test_a_bound_on_symbols():
    with pytest.raises(msgspec.ValidationError, match="5000 symbols"):
        toxic("maintenance", symbols=["A"] * 5000)
