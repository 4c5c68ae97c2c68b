"""Some messages say something else; everything that is counted by place stays where it is."""

from replayx.timeline.shocked_source import ShockedSource
from tests.tapes import channel, payloads, source

ROWS = [(5, 0, b"one"), (6, 1, b"two"), (9, 0, b"three")]
MORE = [(12, 1, b"four")]


def shocked(said):
    recorded = source([channel(0, "a"), channel(1, "b")], ROWS, MORE)
    return recorded, ShockedSource(recorded, lambda batch: said.get(batch.ordinal, {}))


def test_a_batch_is_as_if_recorded_so():
    long = b"x" * 70_000
    recorded, made = shocked({0: {1: long, 0: b""}})
    first, second = made.batches(0)
    assert payloads(first.frames) == [b"", long, b"three"]
    assert bytes(first.recorded) == bytes(first.frames)
    assert [bytes(first.payload(k)) for k in range(3)] == [b"", long, b"three"]
    assert list(first.lengths) == [2, 70_010, 7]
    assert (first.at, list(first.channel), first.ordinal) == ([5, 6, 9], [0, 1, 0], 0)
    assert bytes(second.frames) == bytes(recorded.batch(1).frames)
    assert payloads(recorded.batch(0).frames) == [b"one", b"two", b"three"]


def test_it_is_the_same_source_otherwise():
    recorded, made = shocked({})
    assert made.batch(0) is recorded.batch(0)
    assert (made.start_ns, made.end_ns) == (recorded.start_ns, recorded.end_ns)
    assert made.channels is recorded.channels
    assert [one.ordinal for one in made.batches(10)] == [1]
