from hypothesis import given
from hypothesis import strategies as st

from replayx.timeline.duplicates import Duplicates
from replayx.timeline.merge import merge
from tests.tapes import channel, source

A1 = channel(1, "a", connection=1)
A2 = channel(2, "a", connection=2, prefix=b"<a|", suffix=b">")
B = channel(3, "b", connection=1)
CHANNELS = {one.number: one for one in (A1, A2, B)}


def _served(*chunks):
    duplicates = Duplicates([CHANNELS])
    served = []
    for run in merge([source(CHANNELS.values(), *chunks)], 0):
        dropped = duplicates.in_run(run)
        for k in range(run.first, run.stop):
            if k not in dropped:
                one = CHANNELS[run.batch.channel[k]]
                payload = bytes(run.batch.payload(k))
                served.append(payload[len(one.prefix) : len(payload) - len(one.suffix)])
    return served


def test_a_message_that_two_connections_carried_is_served_once():
    rows = [(1, 1, b"x"), (2, 2, b"<a|x>"), (3, 2, b"<a|y>"), (4, 1, b"y")]
    assert _served(rows) == [b"x", b"y"]


def test_what_one_connection_repeats_is_served_as_often():
    assert _served([(1, 1, b"x"), (2, 1, b"x"), (3, 2, b"<a|x>"), (4, 2, b"<a|x>")]) == [b"x", b"x"]


def test_a_second_connection_takes_over():
    first = [(1, 1, b"1"), (2, 1, b"2"), (2, 2, b"<a|2>")]
    assert _served(first, [(3, 2, b"<a|3>"), (4, 2, b"<a|4>")]) == [b"1", b"2", b"3", b"4"]


def test_a_channel_with_one_carrier_is_left_alone():
    assert _served([(1, 3, b"x"), (2, 3, b"x")]) == [b"x", b"x"]


def test_a_quiet_stream_may_repeat_itself_to_another_connection():
    assert _served([(0, 1, b"x"), (6_000_000_000, 2, b"<a|x>")]) == [b"x", b"x"]


@given(
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(0, 12),
    st.lists(st.integers(0, 25), min_size=12, max_size=12),
)
def test_every_message_of_two_overlapping_connections_comes_once(count, end, start, lags):
    """Connection 1 carried the first `end` messages, 2 those from `start` on, with a lag."""
    end, start = min(end, count), min(start, end, count)
    stream = [b"%d" % k for k in range(count)]
    rows = [(10 * k, 1, payload) for k, payload in enumerate(stream[:end])]
    late = 0
    for k in range(start, count):
        late = max(late, 10 * k + lags[k])
        rows.append((late, 2, b"<a|%s>" % stream[k]))
    rows.sort(key=lambda row: row[0])
    assert sorted(_served(rows) if rows else []) == sorted(stream)
