from hypothesis import given
from hypothesis import strategies as st

from replayx.clock import NS_PER_MS
from replayx.market.ticks import Before, TapeClock, Ticks

MS = NS_PER_MS
CLOCKS = st.builds(TapeClock, st.integers(-3 * MS, 3 * MS), st.integers(-50, 50))
TICKS = st.builds(Ticks, CLOCKS, st.sampled_from((1, 7, 10)), st.integers(0, 5))
STEPS = st.lists(st.tuples(st.integers(0, 15 * MS), st.booleans()), min_size=1, max_size=30)


def _tape(steps):
    at_ns, at, events = 1_000 * MS, [], []
    for k, (step, is_event) in enumerate(steps):
        at_ns += step
        at.append(at_ns)
        if is_event:
            events.append(k)
    return at, events


def _told(ticks, at, events):
    """What is told, by definition: what waits is told in front of the first of the next slot."""
    told, waits, slot = [], False, ticks.slot(at[0])
    for k, at_ns in enumerate(at):
        if ticks.slot(at_ns) > slot:
            slot = ticks.slot(at_ns)
            if waits:
                told.append((k, sum(1 for event in events if event < k)))
            waits = False
        waits = waits or k in events
    return told


@given(TICKS, STEPS)
def test_changes_are_told_behind_the_next_beat(ticks, steps):
    at, events = _tape(steps)
    assert ticks.changes(at, events, Before()) == _told(ticks, at, events)


@given(TICKS, STEPS, st.data())
def test_where_the_tape_is_cut_makes_no_difference(ticks, steps, data):
    at, events = _tape(steps)
    cut = data.draw(st.integers(0, len(at)))
    heard = [k for k in events if k < cut]
    before = Before(at[cut - 1] if cut else None, at[heard[-1]] if heard else None)
    first = ticks.changes(at[:cut], heard, Before())
    second = ticks.changes(at[cut:], [k - cut for k in events if k >= cut], before)
    again = first + [(k + cut, count + len(heard)) for k, count in second]
    assert again == ticks.changes(at, events, Before())


@given(CLOCKS, st.integers(0, 2_000 * MS))
def test_the_clock_shows_a_time_first_when_it_says(clock, at_ns):
    first_ns = clock.first_ns(clock.ms(at_ns))
    assert first_ns <= at_ns < first_ns + MS
    assert clock.ms(first_ns) == clock.ms(at_ns)
    assert clock.ms(first_ns - 1) == clock.ms(at_ns) - 1


def test_beats_are_multiples_of_the_period_on_the_clients_clock():
    ticks = Ticks(TapeClock(offset_ns=400 * MS, shift_ms=300), 1000)
    at = [200 * MS, 299 * MS, 300 * MS, 1_299 * MS, 1_300 * MS]
    assert ticks.crossings(at, None) == [2, 4]
    assert ticks.crossings([], 0) == []
