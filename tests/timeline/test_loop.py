"""Where a lap begins, and how far counters count in one."""

import re

import pytest

from replayx.timeline.loop import CounterName, Ends, Loop, Subject, measure
from replayx.timeline.places import Located, Place
from tests.tapes import channel, source

MS = 1_000_000
KINDS = {b"t": "trade", b"u": "book", b"E": "time"}
NUMBER = re.compile(rb'"([tuE])":([0-9]+)')


def numbers(_channel, payload):
    places = [Place(*m.span(2), KINDS[m[1]]) for m in NUMBER.finditer(payload)]
    return Located(tuple(places), is_whole=True)


def subject_of(one):
    if one.name == "all":
        return None
    symbol, _, kind = one.name.partition("@")
    return Subject(symbol, 0 if kind == "trade" else 1)


def test_positions_and_laps():
    loop = Loop(1000, 100, 9, {}, {})
    assert [loop.lap_of(at) for at in (0, 1000, 1099, 1100, 1250)] == [
        (0, 0), (0, 1000), (0, 1099), (1, 1000), (2, 1050),
    ]  # fmt: skip


def test_the_last_lap_has_an_end():
    loop = Loop(1000, 100, 2, {}, {})
    assert loop.end_ns == 1199
    assert loop.lap_of(1500) == (1, 1400)


@pytest.mark.parametrize(
    ("last_ms", "count", "length_ms"),
    [(10, 11, 11), (1000, 2, 1500), (0, 1, 1)],
)
def test_a_lap_lasts_a_gap_longer_than_the_tape(last_ms, count, length_ms):
    ats = [last_ms * MS * k // max(count - 1, 1) for k in range(count)]
    tape = source([channel(0, "a@trade")], [(at, 0, b"{}") for at in ats])
    loop = measure([tape], subject_of, numbers, laps=None)
    assert loop.length_ms == length_ms
    assert loop.length_ns == length_ms * MS


def test_no_time_goes_back_where_a_lap_begins():
    # The first one was 80 ms on its way, the last one 20. The last of the other tells no time.
    rows = [
        (1_000 * MS, 0, b'{"E":1700000000920}'),
        (1_010 * MS, 1, b'{"E":1700000000000}'),
        (1_020 * MS, 1, b'{"E":1900000000000}'),
        (1_100 * MS, 0, b'{"E":1700000001080}'),
    ]
    tape = source([channel(0, "a@trade"), channel(1, "b@trade")], rows)
    loop = measure([tape], subject_of, numbers, laps=None)
    assert loop.length_ms == 160 + 25


def test_counters_go_on_behind_their_last_id():
    channels = [channel(0, "a@trade", prefix=b"<", suffix=b">"), channel(1, "a@candle"),
                channel(2, "a@book"), channel(3, "all")]  # fmt: skip
    rows = [
        (0, 1, b'{"t":50}'),  # a candle began before the tape
        (1, 0, b'<{"t":100,"E":1700000000000}>'),
        (2, 2, b'{"u":7}'),
        (3, 0, b'<{"t":104}>'),
        (4, 2, b'{"u":9}'),
        (5, 3, b'{"t":999}'),
    ]
    tape = source(channels, rows[:3], rows[3:])
    loop = measure([tape], subject_of, numbers, laps=None)
    trades, book = (CounterName("fake", "a", kind) for kind in ("trade", "book"))
    # Trades: 100 to 104. The book: 7 to 9, and one for what joins the end to the beginning.
    assert loop.spans == {trades: 5, book: 4}
    assert [loop.id_step(lap, trades) for lap in (0, 1, 2)] == [0, 5, 10]
    assert loop.id_step(3, CounterName("fake", "b", "trade")) == 0
    assert loop.ends["fake", "a@trade"] == Ends(b'{"t":100,"E":1700000000000}', b'{"t":104}')
