"""A tape that goes on: times and ids do, and nothing else changes."""

import re

import pytest

from replayx.timeline.loop import Loop, Subject, measure
from replayx.timeline.loop_source import LoopSource
from replayx.timeline.places import Located, Place, Shift
from replayx.timeline.tape import Tape
from tests.tapes import channel, payloads, source

MS = 1_000_000
T0 = 1_700_000_000_000 * MS
NUMBER = re.compile(rb'"([tE])":([0-9]+)')
CHANNELS = [channel(0, "a@trade", prefix=b"<", suffix=b">"), channel(1, "all")]


def numbers(_channel, payload):
    kinds = {b"t": "trade", b"E": "time"}
    places = tuple(Place(*m.span(2), kinds[m[1]]) for m in NUMBER.finditer(payload))
    return Located(places, is_whole=payload.startswith(b'{"E":') and len(places) == 2)


def subject_of(one):
    return None if one.name == "all" else Subject("a", 0)


def message(k, lap=0, *, first_id=100, count=10, shift_ms=0):
    at_ms = T0 // MS + k * 100 + lap * count * 100 + shift_ms
    return b'<{"E":%d,"t":%d}>' % (at_ms, first_id + k + lap * count)


def tape(*, first_id=100, chunk=4):
    rows = [(T0 + k * 100 * MS, 0, message(k, first_id=first_id)) for k in range(10)]
    return source(CHANNELS, *(rows[at : at + chunk] for at in range(0, 10, chunk)))


def looped(original, *, laps=3, seam=None):
    loop = measure([original], subject_of, numbers, laps=laps)
    return LoopSource(original, loop, numbers, subject_of, seam)


def played(one, from_ns=0):
    return [payload for batch in one.batches(from_ns) for payload in payloads(batch.frames)]


def test_times_and_ids_go_on():
    one = looped(tape())
    # Ten messages in 900 ms: the next one 90 ms later.
    length_ms = 990
    assert played(one) == [
        b'<{"E":%d,"t":%d}>' % (T0 // MS + k * 100 + lap * length_ms, 100 + k + lap * 10)
        for lap in range(3)
        for k in range(10)
    ]
    ats = [at for batch in one.batches(0) for at in batch.at]
    assert ats == sorted(ats)
    assert ats[10] == T0 + length_ms * MS
    assert one.end_ns == T0 + 3 * length_ms * MS - 1


def test_what_was_recorded_stays_beside_it():
    last = list(looped(tape()).batches(0))[-1]
    assert bytes(last.payload(0)) == message(8)


def test_a_rebase_comes_on_top():
    one = looped(tape(), laps=1)
    one.shift = Shift(5_000)
    assert played(one) == [message(k, shift_ms=5_000) for k in range(10)]


def test_ids_go_on_where_a_rebase_takes_a_lap_back():
    one = looped(tape(), laps=2)
    one.shift = Shift(-990)
    assert played(one)[10:] == [message(k, first_id=110) for k in range(10)]


@pytest.mark.parametrize("laps", [None, 1 << 70])
def test_without_end_it_goes_as_far_as_times_can_be_told(laps):
    one = looped(tape(), laps=laps, seam=lambda lap, shift_ms: [(1, b"seam")])
    *rest, last = one.batches(one.end_ns - 990 * MS + 1)
    assert last.at[-1] <= one.end_ns < 1 << 63
    assert len(rest) == 3
    assert payloads(rest[0].frames) == [b"seam"]


def test_it_can_be_read_from_any_position():
    one = looped(tape())
    for from_ms in (0, 350, 989, 990, 1_500, 2_900):
        from_ns = T0 + from_ms * MS
        expected = [at for batch in one.batches(0) for at in batch.at if at >= from_ns]
        found = [at for batch in one.batches(from_ns) for at in batch.at if at >= from_ns]
        assert found == expected


@pytest.mark.parametrize("first_id", [93, 995, 9_999_985])
def test_ids_may_get_longer(first_id):
    whole = played(looped(tape(first_id=first_id)))
    ids = [int(payload.rpartition(b":")[2].rstrip(b"}>")) for payload in whole]
    assert ids == list(range(first_id, first_id + 30))
    ends = [
        (batch.end[-1], len(batch.frames)) for batch in looped(tape(first_id=first_id)).batches(0)
    ]
    assert all(end == size for end, size in ends)


def test_a_message_about_many_symbols_keeps_its_ids():
    text = b'{"E":1700000000000,"t":5}'
    original = source(CHANNELS, [(T0, 1, text)])
    loop = Loop(T0, 1000 * MS, 2, {}, {})
    again = played(LoopSource(original, loop, numbers, subject_of))
    assert again == [text, b'{"E":1700000001000,"t":5}']


def test_the_seam_is_said_before_each_lap():
    asked = []

    def seam(lap, shift_ms):
        asked.append((lap, shift_ms))
        return [(0, b"<seam %d>" % lap)]

    one = looped(tape(), seam=seam)
    one.shift = Shift(7)
    found = played(one)
    assert [found[10], found[21]] == [b"<seam 1>", b"<seam 2>"]
    assert len(found) == 32
    assert asked == [(1, 7), (2, 7)]
    # A tape takes it for what it is: messages at the time at which the lap begins.
    stretches = []
    reading = Tape([one])
    while (stretch := reading.take(None, 1 << 20)) is not None:
        stretches.append(stretch)
    assert sum(stretch.stop - stretch.first for stretch in stretches) == 32
