"""The last id before each step, whichever stream of whichever source told it."""

import pytest

from replayx.session.shock_ids import inner, last_ids, places_of
from replayx.venues.registry import load_venue
from tests.tapes import batch, channel, source

SPOT = "binance-spot"
NAME = (SPOT, "BTCUSDT")
VENUES = {SPOT: load_venue(SPOT)}
DEPTH, TOP, OTHER, TRADE = range(4)
CHANNELS = [
    channel(DEPTH, "btcusdt@depth", market=SPOT),
    channel(TOP, "btcusdt@bookTicker", market=SPOT),
    channel(OTHER, "ethusdt@depth", market=SPOT),
    channel(TRADE, "btcusdt@trade", market=SPOT),
]


def delta(at_ns, last_id, number=DEPTH):
    text = '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":%d,"b":[],"a":[]}'
    return at_ns, number, (text % last_id).encode()


def top(at_ns, last_id):
    text = '{"u":%d,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}'
    return at_ns, TOP, (text % last_id).encode()


def feeds(one):
    return [(channel, VENUES[SPOT].market_feed(channel.name)) for channel in one.channels.values()]


@pytest.mark.parametrize(
    ("steps", "ids"),
    [
        ([5], [-1]),
        ([10], [-1]),
        ([11], [3]),
        ([21, 22, 41, 99], [8, 8, 9, 12]),
        ([15, 35], [3, 8]),
        ([500], [12]),
    ],
)
def test_the_last_id_before_each_step(steps, ids):
    first = source(
        CHANNELS, [delta(10, 3), delta(12, 900, OTHER)], [top(20, 8), delta(30, 7)], [delta(40, 9)]
    )
    second = source(CHANNELS[:2], [delta(45, 8), top(60, 12)])
    sources = [first, second]
    found = last_ids(sources, list(map(feeds, sources)), VENUES, {NAME: steps})
    assert found == {NAME: ids}


def test_a_symbol_without_ids_is_left_out():
    one = source([CHANNELS[TRADE]], [(5, TRADE, b"{}")])
    assert last_ids([one], [feeds(one)], VENUES, {NAME: [9]}) == {}
    assert last_ids([one], [feeds(one)], VENUES, {}) == {}


def test_messages_of_a_channel_are_found_in_a_batch():
    rows = [(1, 300, b"a"), (2, 7, b"<b>"), (3, 300, b"c")]
    made = batch(rows)
    assert places_of(made, 300) == [0, 2]
    assert places_of(made, 7) == [1]
    assert places_of(made, 8) == []
    assert inner(made, 1, channel(7, "x", prefix=b"<", suffix=b">")) == b"b"
