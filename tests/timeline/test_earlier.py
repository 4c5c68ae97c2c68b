from replayx.timeline.earlier import Earlier
from replayx.timeline.source import ListSource
from tests.tapes import batch, channel, interaction

S = 1_000_000_000


def _source(*chunks):
    """Return a source of chunks given by the times of their messages; () has only a request."""
    batches = [
        batch([(at_ns, 0, b"x") for at_ns in times], [interaction(last, "/x", place=len(times))])
        for times, last in chunks
    ]
    return ListSource({0: channel(0, "a")}, batches), batches


def test_the_batch_before_is_found_wherever_it_is():
    source, batches = _source(((1 * S,), S), ((), 2 * S), ((900 * S, 901 * S), 901 * S))
    earlier = Earlier(source)
    assert earlier.before(batches[2]) is batches[0]
    assert earlier.before(batches[0]) is None
    assert earlier.since(batches[2], 1 * S) == [batches[0]]
    assert earlier.since(batches[2], 1 * S + 1) == []


def test_batches_that_passed_are_not_read_again():
    source, batches = _source(((1,), 1), ((2,), 2), ((3,), 3))
    earlier = Earlier(source)
    for one in batches:
        earlier.note(one)
    source.batch = None
    assert earlier.since(batches[2], 2) == [batches[1]]
