from hypothesis import given
from hypothesis import strategies as st

from replayx.cassette.records import ChannelKind
from replayx.timeline.source import ListSource
from replayx.timeline.tape import Tape
from tests.tapes import batch, channel, interaction, source

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
    assert [stretch and stretch.frame_bytes for stretch in stretches] == [6, 3, None]
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


def _idle(rows, end_ns):
    """Return a source of one chunk that goes on, without messages, until `end_ns`."""
    return ListSource(
        {0: channel(0, "a")}, [batch(rows, [interaction(end_ns, "/", place=len(rows))])]
    )


def test_one_source_is_delivered_to_the_end_of_its_chunk():
    tape = Tape([_idle([(10, 0, b"a")], 25)])
    assert tape.take(None, 1 << 20).last_ns == 25


def test_of_several_none_is_ahead_of_the_others():
    tape = Tape([_idle([(10, 0, b"a")], 25), _idle([(12, 0, b"b"), (20, 0, b"c")], 30)])
    stretches = []
    while (stretch := tape.take(None, 1 << 20)) is not None:
        stretches.append((stretch.first, stretch.stop, stretch.last_ns))
    assert stretches == [(0, 1, 10), (0, 2, 20)]
    assert tape.end_ns == 30


@given(st.lists(ROWS, min_size=2, max_size=3), st.integers(1, 700))
def test_at_full_speed_the_tape_never_goes_back(sources, bytes_max):
    made, rows = [], []
    for number, chunks in enumerate(sources):
        now, played = 0, []
        for chunk in chunks:
            start = now
            now += sum(delta for delta, _ in chunk)
            played.append([(start, 0, payload) for _, payload in chunk])
        end = [interaction(now + 7, "/", place=len(played[-1]))]
        batches = [*map(batch, played[:-1]), batch(played[-1], end)]
        made.append(ListSource({0: channel(0, f"s{number}")}, batches))
        rows += [row for one in played for row in one]
    tape, passed, count = Tape(made), 0, 0
    while (stretch := tape.take(None, bytes_max)) is not None:
        count += stretch.stop - stretch.first
        assert passed <= stretch.run.batch.at[stretch.first]
        assert stretch.last_ns >= passed
        passed = stretch.last_ns
    assert count == len(rows)
    assert passed <= tape.end_ns


def _messages(tape, bytes_max=1 << 20):
    """Return what a tape serves from where it is on: (source, at, payload)."""
    served = []
    while (stretch := tape.take(None, bytes_max)) is not None:
        batch = stretch.run.batch
        served += [
            (stretch.run.source, batch.at[k], bytes(batch.payload(k)))
            for k in range(stretch.first, stretch.stop)
            if k not in stretch.dropped
        ]
    return served


CARRIED = st.lists(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from([b"x", b"y"])), min_size=1, max_size=6),
    min_size=1,
    max_size=4,
)


@given(st.lists(CARRIED, min_size=1, max_size=3), st.integers(0, 400), st.integers(0, 400))
def test_sought_it_goes_on_as_the_whole_tape_does_from_there(sources, at_ns, stop_ns):
    """Also where streams have several carriers: what was served before the seek is known."""
    made = []
    for chunks in sources:
        now, played = 0, []
        for chunk in chunks:
            rows = []
            for delta, payload in chunk:
                now += delta
                rows.append((now, 0, payload))
            played.append(rows)
        made.append(source([channel(0, "a")], *played))
    whole = _messages(Tape(made))
    later = Tape(made).at(at_ns)
    assert _messages(later) == [message for message in whole if message[1] >= at_ns]
    assert _messages(later.at(0)) == whole
    part = Tape(made, start_ns=at_ns, stop_ns=stop_ns)
    assert _messages(part) == [message for message in whole if at_ns <= message[1] < stop_ns]
    assert part.end_ns == min(stop_ns, max(one.end_ns for one in made))


def test_played_counts_what_is_served_alone():
    channels = [channel(0, "a"), channel(1, "", kind=ChannelKind.REPLY)]
    rows = [(k, k % 3 == 1, b"%d" % k) for k in range(9)]
    tape = Tape([source(channels, rows[:4], rows[4:])])
    counts = []
    while tape.take(None, 12) is not None:
        counts.append(tape.played)
    assert counts[-1] == 6
    twice = Tape([source([channel(0, "a")], [(5, 0, b"x")]) for _ in range(2)])
    while twice.take(None, 1 << 20) is not None:
        pass
    assert twice.played == 1


def test_a_cut_sees_every_served_message_once_and_may_stop_behind_it():
    channels = [channel(0, "a"), channel(1, "", kind=ChannelKind.REPLY)]
    rows = [(k, k % 3 == 1, b"%d" % k) for k in range(9)]
    tape, seen = Tape([source(channels, rows[:4], rows[4:])]), []

    def cut(run, places):
        for k in places:
            seen.append(run.batch.at[k])
            if run.batch.at[k] == 5:
                return k + 1
        return None

    while tape.take(None, 9, cut=cut) is not None and (not seen or seen[-1] != 5):
        pass
    assert (seen, tape.next_at_ns()) == ([0, 2, 3, 5], 6)
    while tape.take(None, 9, cut=cut) is not None:
        pass
    assert seen == [0, 2, 3, 5, 6, 8]


def test_recent_is_what_was_played_last():
    one = source([channel(0, "a")], [(10, 0, b"a"), (20, 0, b"b")], [(30, 0, b"c"), (40, 0, b"d")])
    tape = Tape([one]).at(25)

    def recent(duration_ns):
        return [
            run.batch.at[k] for run in tape.recent(duration_ns) for k in range(run.first, run.stop)
        ]

    assert (recent(5), recent(10), recent(99)) == ([], [20], [10, 20])
    tape.take(30, 1 << 20)
    assert recent(10) == [30]
    tape.take(None, 1 << 20)
    assert recent(99) == [10, 20, 30, 40]
