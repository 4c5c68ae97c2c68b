"""Served times move by one constant; what was recorded stays."""

import re

import msgspec
import pytest

from replayx.cassette.reader import CassetteReader
from replayx.errors import InvalidOption
from replayx.framing import split_frames
from replayx.timeline.places import Located, Place, Shift, with_times_moved
from replayx.timeline.rebase import RebasedSource
from replayx.timeline.source import CassetteSource
from replayx.venues.registry import load_venue
from tests.tapes import channel, payloads, source

EVENT_TIME = re.compile(rb'"E":([0-9]{13})')


def event_times(_channel, payload):
    places = tuple(Place(*match.span(1)) for match in EVENT_TIME.finditer(payload))
    return Located(places, len(places) == 1 and payload.startswith(b'{"E":'))


def tape(*texts):
    rows = [(at, 0, text) for at, text in enumerate(texts)]
    return source([channel(0, "a@trade")], rows)


def test_frames_move_and_what_was_recorded_stays():
    texts = [b'{"E":1723161255343,"n":%d}' % n for n in range(50)]
    original = tape(*texts)
    (before,) = original.batches(0)
    (moved,) = RebasedSource(original, event_times, Shift(1_000)).batches(0)
    assert payloads(moved.frames) == [text.replace(b"5343", b"6343") for text in texts]
    assert payloads(moved.recorded) == texts
    assert bytes(moved.payload(7)) == texts[7]
    assert moved.end == before.end
    assert before.frames == before.recorded


def test_no_shift_is_no_change():
    original = tape(b'{"E":1723161255343}')
    (before,) = original.batches(0)
    (after,) = RebasedSource(original, event_times, Shift(0)).batches(0)
    assert after is before


def test_it_begins_where_it_is_told():
    rows = [(1, 0, b'{"E":1723161255343}')], [(5, 0, b'{"E":1723161255344}')]
    original = source([channel(0, "a@trade")], *rows)
    rebased = RebasedSource(original, event_times, Shift(1))
    assert (rebased.start_ns, rebased.end_ns) == (1, 5)
    assert [batch.start_ns for batch in rebased.batches(4)] == [5]


def test_a_batch_at_a_place_is_as_recorded():
    rebased = RebasedSource(tape(b'{"E":1723161255343}'), event_times, Shift(1))
    assert payloads(rebased.batch(0).frames) == [b'{"E":1723161255343}']


def test_a_time_that_would_get_longer_is_an_error():
    rebased = RebasedSource(tape(b'{"E":9999999999999}'), event_times, Shift(1))
    with pytest.raises(InvalidOption, match="9999999999999"):
        list(rebased.batches(0))


# ---- real captures: the batches change as each payload does, only times differ, and back


class Kline(msgspec.Struct):
    t: int
    T: int


class Event(msgspec.Struct):
    """All of the captures' times."""

    E: int | None = None
    T: int | None = None
    k: Kline | None = None


NAMES = (
    "binance_spot_20240808_btcusdt_ethusdt",
    "binance_usdm_20240808_btcusdt_ethusdt",
    "cryptofeed_binance",
    "cryptofeed_binance_futures",
    "cryptofeed_binance_us",
    "userstream_binance_lean",
)
DAYS = Shift(800 * 86_400_000)


@pytest.fixture(scope="module", params=NAMES)
def cassette(request, imported):
    with CassetteReader(imported(request.param)) as reader:
        yield reader


def finder(reader):
    venues = {market.name: load_venue(market.name) for market in reader.header.markets}

    def times(one, payload):
        venue = venues[one.market]
        return venue.locate(one.name, payload) if venue.has_times(one.name) else None

    return times


def inner(one, payload):
    return bytes(payload)[len(one.prefix) : len(payload) - len(one.suffix)]


@pytest.mark.capture
def test_real_captures_change_as_each_payload_does(cassette):
    times = finder(cassette)
    decode = msgspec.json.Decoder(Event).decode
    for batch in RebasedSource(CassetteSource(cassette), times, DAYS).batches(0):
        for k, (_, served) in enumerate(split_frames(batch.frames)):
            one = cassette.channels[batch.channel[k]]
            recorded, moved = inner(one, batch.payload(k)), inner(one, served)
            located = times(one, recorded)
            places = located.places if located else ()
            assert moved == with_times_moved(recorded, places, DAYS)
            assert with_times_moved(moved, places, Shift(-DAYS.ms)) == recorded
            if located and one.kind.name == "STREAM":
                before, after = decode(recorded), decode(moved)
                assert before.E + DAYS.ms == after.E
                assert (after.T is None) == (before.T is None)
                assert after.T is None or before.T + DAYS.ms == after.T
                assert after.k is None or after.k.t == before.k.t + DAYS.ms
