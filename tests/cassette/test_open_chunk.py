import pytest

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.records import Closed
from replayx.framing import BINARY, frame
from replayx.limits import CHUNK_BYTES, CHUNK_EVENT_BYTES


def test_a_sealed_chunk_holds_what_was_appended():
    chunk = OpenChunk(100, wall_offset_ns=7)
    chunk.append(100, 5, b"a")
    chunk.append(130, 2, b"bb", BINARY)
    chunk.add(Closed(2, 140, 1, 1000))
    sealed = chunk.seal()
    assert (sealed.start_ns, sealed.end_ns, sealed.wall_offset_ns) == (100, 140, 7)
    assert sealed.channel_frames == {2: 1, 5: 1}
    assert list(memoryview(sealed.at).cast("q")) == [0, 30]
    assert list(memoryview(sealed.channel).cast("H")) == [5, 2]
    assert list(memoryview(sealed.length).cast("I")) == [3, 4]
    assert sealed.frames == frame(b"a") + frame(b"bb", BINARY)
    assert sealed.frame_count == 2


def test_an_event_does_not_move_the_deltas_of_the_messages():
    chunk = OpenChunk(0)
    chunk.append(10, 0, b"")
    chunk.add(Closed(1, 15, 1, 1000))
    chunk.append(20, 0, b"")
    assert list(memoryview(chunk.seal().at).cast("q")) == [10, 10]


def test_it_is_empty_until_something_is_in_it():
    chunk = OpenChunk(0)
    assert chunk.is_empty
    chunk.add(Closed(0, 0, 1, 1000))
    assert not chunk.is_empty


@pytest.mark.parametrize("bytes_max", [CHUNK_BYTES, 4 * CHUNK_BYTES])
def test_it_is_full_by_bytes(bytes_max):
    chunk = OpenChunk(0, bytes_max=bytes_max)
    payload = bytes(bytes_max // 2)
    chunk.append(0, 0, payload)
    assert not chunk.is_full
    chunk.append(0, 0, payload)
    assert chunk.is_full


def test_it_is_full_by_the_size_of_its_events():
    chunk = OpenChunk(0)
    chunk.add(Closed(0, 0, 1, 1000), size=CHUNK_EVENT_BYTES - 1)
    assert not chunk.is_full
    chunk.add(Closed(0, 0, 1, 1000), size=1)
    assert chunk.is_full


def test_time_never_goes_back():
    chunk = OpenChunk(10)
    with pytest.raises(AssertionError, match="time goes back"):
        chunk.append(9, 0, b"")
    chunk.append(20, 0, b"")
    with pytest.raises(AssertionError, match="time goes back"):
        chunk.add(Closed(1, 19, 1, 1000))


def test_an_event_stands_behind_the_messages_before_it():
    chunk = OpenChunk(0)
    with pytest.raises(AssertionError, match="out of place"):
        chunk.add(Closed(1, 0, 1, 1000))
