import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.cassette.columns import from_planes, to_planes


@pytest.mark.parametrize(
    ("column", "width", "planes"),
    [
        (b"", 8, b""),
        (b"\x01\x02\x03\x04", 1, b"\x01\x02\x03\x04"),
        (b"\x01\x02\x03\x04", 2, b"\x01\x03\x02\x04"),
        (b"abcdABCD", 4, b"aAbBcCdD"),
    ],
)
def test_planes_of_known_columns(column, width, planes):
    assert to_planes(column, width) == planes
    assert bytes(from_planes(memoryview(planes), width)) == column


@given(st.sampled_from([2, 4, 8]), st.binary(max_size=400))
def test_planes_give_the_column_back(width, data):
    column = data[: len(data) // width * width]
    assert bytes(from_planes(memoryview(to_planes(column, width)), width)) == column
