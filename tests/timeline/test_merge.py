from hypothesis import given
from hypothesis import strategies as st

from replayx.timeline.merge import merge
from tests.tapes import channel, source

CHUNKS = st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=6), max_size=4)


def _source(ats: list[list[int]], number: int):
    """Return a source whose times never go back, and its messages."""
    now, chunks, rows = 0, [], []
    for deltas in ats:
        chunk = []
        for delta in deltas:
            now += delta
            chunk.append((now, 0, b"%d/%d" % (number, len(rows))))
            rows.append(chunk[-1])
        chunks.append(chunk)
    return source([channel(0, "a")], *chunks), rows


def _played(runs):
    return [
        (run.batch.at[k], run.source, bytes(run.batch.payload(k)))
        for run in runs
        for k in range(run.first, run.stop)
    ]


@given(st.lists(CHUNKS, min_size=1, max_size=3), st.integers(0, 60))
def test_merge_is_a_sorted_permutation(sources, from_ns):
    made = [_source(chunks, number) for number, chunks in enumerate(sources)]
    expected = [
        (at, number, payload)
        for number, (_, rows) in enumerate(made)
        for at, _, payload in rows
        if at >= from_ns
    ]
    expected.sort(key=lambda row: row[:2])  # stable: by time, then source, then position
    assert _played(merge([one for one, _ in made], from_ns)) == expected


def test_one_source_is_passed_on_whole():
    one = source([channel(0, "a")], [(1, 0, b"x"), (2, 0, b"y")], [(3, 0, b"z")])
    assert [(run.first, run.stop) for run in merge([one], 0)] == [(0, 2), (0, 1)]
