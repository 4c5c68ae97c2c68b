from hypothesis import given
from hypothesis import strategies as st

from replayx.timeline.tape import Tape
from tests.tapes import channel, source

ROWS = st.lists(
    st.lists(st.tuples(st.integers(0, 30), st.binary(max_size=300)), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
)


def _tape(chunks):
    now, made = 0, []
    for chunk in chunks:
        rows = []
        for delta, payload in chunk:
            now += delta
            rows.append((now, 0, payload))
        made.append(rows)
    return Tape([source([channel(0, "a")], *made)]), [row for rows in made for row in rows]


@given(ROWS, st.lists(st.integers(0, 40), max_size=12), st.integers(1, 700))
def test_any_quantum_gives_the_same_stream(chunks, steps, bytes_max):
    tape, rows = _tape(chunks)
    taken, now = [], 0
    for step in [*steps, 10_000]:
        now += step
        while (stretch := tape.take(now, bytes_max)) is not None:
            taken += [
                (stretch.run.batch.at[k], bytes(stretch.run.batch.payload(k)))
                for k in range(stretch.first, stretch.stop)
            ]
            size = stretch.run.batch.end[stretch.stop] - stretch.run.batch.end[stretch.first]
            assert size <= bytes_max or stretch.stop == stretch.first + 1
        assert [row for row in taken if row[0] > now] == [], "left early"
        assert taken == [(at, payload) for at, _, payload in rows if at <= now]
        assert tape.next_at_ns() == next((at for at, _, _ in rows if at > now), None)


def test_full_speed_takes_everything_at_once():
    tape, rows = _tape([[(5, b"a"), (5, b"b")], [(5, b"c")]])
    stretches = [tape.take(None, 1 << 20), tape.take(None, 1 << 20), tape.take(None, 1 << 20)]
    assert [stretch and stretch.stop - stretch.first for stretch in stretches] == [2, 1, None]
    assert tape.start_ns == rows[0][0]
    assert tape.end_ns == rows[-1][0]


def test_a_tape_of_nothing_has_ended():
    tape = Tape([])
    assert tape.take(None, 1) is None
    assert tape.next_at_ns() is None


def test_it_can_start_later():
    one = source([channel(0, "a")], [(10, 0, b"a"), (20, 0, b"b")], [(30, 0, b"c")])
    tape = Tape([one], start_ns=15)
    assert tape.next_at_ns() == 20
