import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.segments import Piece, Segments


def made():
    segments = Segments()
    segments.append(10, [Piece(0, 0, 0, 5)])
    segments.append(20, [Piece(0, 0, 5, 8), Piece(1, 3, 0, 2)])
    segments.append(20, [Piece(1, 3, 2, 9)])
    segments.append(30, [Piece(0, 1, 0, 1)])
    return segments


@pytest.mark.parametrize(
    ("at_ns", "segment"), [(9, -1), (10, 0), (19, 0), (20, 2), (29, 2), (30, 3), (99, 3)]
)
def test_the_last_segment_that_begins_at_or_before_a_time(at_ns, segment):
    assert made().at(at_ns) == segment


def test_pieces_are_what_was_added():
    segments = made()
    assert len(segments) == 4
    assert segments.pieces(1) == (Piece(0, 0, 5, 8), Piece(1, 3, 0, 2))
    assert [len(pieces) for pieces in segments] == [1, 2, 1, 1]


def test_chunks_are_found_where_they_begin():
    segments = made()
    assert [segments.of_chunk(*chunk) for chunk in ((0, 0), (1, 3), (0, 1))] == [0, 1, 3]
    with pytest.raises(KeyError):
        segments.of_chunk(1, 2)
    with pytest.raises(KeyError):
        segments.of_chunk(7, 0)


def test_what_was_passed_before_a_segment():
    segments = made()
    assert [segments.passed(0, one) for one in range(5)] == [
        (-1, 0), (0, 5), (0, 8), (0, 8), (1, 1)]  # fmt: skip
    assert [segments.passed(1, one) for one in range(4)] == [(-1, 0), (-1, 0), (3, 2), (3, 9)]
    assert segments.passed(7, 2) == (-1, 0)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 5)), max_size=20))
def test_what_was_packed_is_unpacked(rows):
    segments, now = Segments(), 0
    for ordinal, (wait, count) in enumerate(rows):
        now += wait
        segments.append(now, [Piece(0, ordinal, 0, count), Piece(1, 0, ordinal * 5, ordinal * 5)])
    again = Segments.unpacked(segments.packed())
    assert list(again) == list(segments)
    assert list(again.starts) == list(segments.starts)
    assert [again.of_chunk(0, k) for k in range(len(rows))] == [*range(len(rows))]


def test_columns_that_are_not_of_one_make_are_refused():
    packed = list(made().packed())
    for broken in (
        [packed[0][:-8], *packed[1:]],
        [*packed[:-1], packed[-1][:-4]],
        [packed[0], b"\xff" * len(packed[1]), *packed[2:]],
        packed[:-1],
        [packed[0][:-3], *packed[1:]],
    ):
        with pytest.raises(ValueError, match=r"."):
            Segments.unpacked(broken)
