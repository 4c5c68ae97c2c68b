from enum import Enum
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from replayx.errors import InvalidPlan
from replayx.faults.attributes import Duration
from replayx.faults.document_reader import DocumentReader, is_near, nearest


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (int, 3, 3),
        (Duration, "5s", 5_000_000_000),
        (Duration | None, None, None),
        (Literal["a", "b"], "b", "b"),
        (Colour, "red", Colour.RED),
        (tuple[int, ...], [1, 2], (1, 2)),
    ],
    ids=str,
)
def test_values(kind, written, value):
    assert DocumentReader("p").value(kind, written) == value


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (int, "503", 503),
        (bool, "true", True),
        (float, "1.5", 1.5),
        (tuple[int, ...], "1+2", (1, 2)),
        (Annotated[int, Meta(ge=1)] | None, "2", 2),
    ],
    ids=str,
)
def test_values_that_are_text(kind, written, value):
    assert DocumentReader("p", is_text=True).value(kind, written) == value
    with pytest.raises(InvalidPlan):
        DocumentReader("p").value(kind, written)


@pytest.mark.parametrize(
    ("kind", "written", "told"),
    [
        (int, "x", "p: 'x'; expected int"),
        (Annotated[int, Meta(ge=1)], 0, "p: 0; expected int >= 1"),
        (tuple[int, ...], ["x"], "p: ['x']; expected int"),
        (Literal["close", "reset"], "rest", "p: 'rest'; expected reset"),
        (Colour, "green", "p: 'green'; expected "),
        (Literal["close", "reset"] | None, "rest", "p: 'rest'; expected reset"),
        (float, float("inf"), "p: inf; expected a finite number"),
        (int, "x" * 100, "p: '" + "x" * 59 + "...; expected int"),
    ],
    ids=str,
)
def test_values_that_cannot_be(kind, written, told):
    with pytest.raises(InvalidPlan) as caught:
        DocumentReader("p").value(kind, written)
    assert str(caught.value).startswith(told)


def test_tables():
    reader = DocumentReader("p").at("where")
    assert reader.table({"a": 1}, ("a", "b")) == {"a": 1}
    with pytest.raises(InvalidPlan, match="p: where: the key 'aa' is not known; expected a"):
        reader.table({"aa": 1}, ("a", "b"))


def test_the_nearest_word():
    words = ("latency", "loss", "limit_data")
    assert nearest("latancy", words) == "latency"
    assert nearest("qqq", words) == "latency, limit_data, loss"
    assert (
        nearest("qqq", [f"w{k:02}" for k in range(20)]) == "one of 20 words such as w00, w01, w02"
    )
    assert (is_near("los", words), is_near("qqq", words)) == (True, False)
