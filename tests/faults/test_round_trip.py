"""Round trips: what comes of a body."""

import pytest

from replayx.faults.round_trip import PLAINLY, Manner


@pytest.mark.parametrize(
    ("manner", "kept"),
    [
        (PLAINLY, b"0123456789"),
        (Manner(cut_at=0), b""),
        (Manner(cut_at=3), b"012"),
        (Manner(cut_at=10), b"0123456789"),
        (Manner(cut_at=99), b"0123456789"),
        (Manner(cut_share=0.5), b"01234"),
        (Manner(cut_share=0.0), b""),
        (Manner(cut_share=0.5, cut_at=1), b"0"),
    ],
)
def test_what_comes_of_a_body(manner, kept):
    assert manner.kept(b"0123456789") == kept


def test_a_whole_body_is_not_copied():
    body = b"x" * 1000
    assert PLAINLY.kept(body) is body
