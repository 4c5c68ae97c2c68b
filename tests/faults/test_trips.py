from replayx.faults.link import Carrier
from replayx.faults.trips import both_ways
from replayx.venues.venue import RequestKey
from tests.faults.flows import trip_on
from tests.faults.plumbing import LINK, MS, injector_of, plan_of

REST = LINK._replace(carrier=Carrier.REST, connection=0)


def test_latency_is_on_the_way_that_it_is_for():
    there = {
        "type": "latency",
        "name": "there",
        "delay": "30ms",
        "where": {"direction": "upstream"},
    }
    back = {"type": "latency", "name": "back", "delay": "20ms"}
    injector = injector_of(there, back)
    trip = trip_on(REST)
    injector.requests(REST).apply(trip)
    assert (trip.arrival_delay_ns, trip.departure_delay_ns) == (30 * MS, 20 * MS)
    assert {(one.rule, one.link) for one in injector.log.entries()} == {
        ("there", "fake/rest/0/upstream/requests"),
        ("back", "fake/rest/0/downstream/requests"),
    }


def test_a_rule_counts_the_requests_of_its_link():
    rule = {"type": "latency", "when": {"every": 2}, "where": {"route": "GET /a*"}}
    injector = injector_of(rule)
    delayed = []
    for index, path in enumerate(("/a", "/b", "/ab", "/a", "/a")):
        trip = trip_on(REST)
        trip.index, trip.key = index, RequestKey("GET", path, ())
        injector.requests(REST).apply(trip)
        delayed.append(trip.departure_delay_ns)
    assert [bool(delay_ns) for delay_ns in delayed] == [False, False, True, False, True]


def test_a_changed_plan_acts_on_the_next_request():
    injector = injector_of()
    assert list(injector.requests(REST).running) == []
    injector.replace(plan_of({"type": "latency"}), 0)
    assert len(injector.requests(REST).running) == 1


def test_both_ways_are_a_link_and_its_other_direction():
    there, back = both_ways(REST)
    assert there == REST
    assert both_ways(back) == (back, REST)
