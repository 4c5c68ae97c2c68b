"""duplicate: how often messages arrive, and when."""

import msgspec
import pytest

from tests.faults.flows import MS, WS, carried, flow_of, texts, toxic


@pytest.mark.parametrize(
    ("attributes", "arrived"),
    [
        ({}, [(0, "a"), (0, "b"), (0, "b"), (0, "c")]),
        ({"count": 2}, [(0, "a"), (0, "b"), (0, "b"), (0, "b"), (0, "c")]),
        (
            {"count": 2, "after": "5ms"},
            [(0, "a"), (0, "b"), (5 * MS, "b"), (10 * MS, "b"), (0, "c")],
        ),
    ],
)
def test_copies(attributes, arrived):
    flow = flow_of(*"abc")
    assert carried(toxic("duplicate", **attributes).on_link(WS), flow, fired=[1]) == [1]
    assert texts(flow) == arrived


def test_copies_of_copies():
    flow = flow_of("a")
    for _ in range(2):
        carried(toxic("duplicate").on_link(WS), flow)
    assert len(texts(flow)) == 4


@pytest.mark.parametrize("count", [0, -1, 1_000_000])
def test_counts_are_bounded(count):
    with pytest.raises(msgspec.ValidationError):
        toxic("duplicate", count=count)
