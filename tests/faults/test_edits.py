"""Edits: what is left of a body."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.edits import HOWS, edited
from replayx.faults.round_trip import Edit

BODY = b'{"a":1,"b":["2.5","x"],"c":-3}'


@pytest.mark.parametrize(
    ("how", "draw", "left"),
    [
        ("truncate", 0.0, b""),
        ("truncate", 0.5, BODY[:15]),
        ("json", 0.0, BODY[1:]),
        ("json", 0.9999, BODY[:-1]),
        ("type", 0.0, b'{"a":"1","b":["2.5","x"],"c":-3}'),
        ("type", 0.25, b'{"a":1,"b":["2.5","x"],"c":"-3"}'),
        ("type", 0.5, b'{"a":1,"b":[null,"x"],"c":-3}'),
        ("type", 0.75, b'{"a":1,"b":["2.5",null],"c":-3}'),
    ],
)
def test_what_is_left_of_a_body(how, draw, left):
    assert edited(BODY, Edit(how, draw)) == left


@given(st.floats(0, 1, exclude_max=True))
def test_one_bit_is_turned_over(draw):
    before = int.from_bytes(BODY, "little")
    after = int.from_bytes(edited(BODY, Edit("bit", draw)), "little")
    assert before ^ after == 1 << int(draw * len(BODY) * 8)


@pytest.mark.parametrize(
    ("body", "how", "left"),
    [
        (b"", "bit", b""),
        (b"", "truncate", b""),
        (b"x", "json", b""),
        (b"{}", "type", b"null"),
        (b"<html>", "type", b"null"),
    ],
)
def test_bodies_with_nothing_to_change(body, how, left):
    assert edited(body, Edit(how, 0.5)) == left


@given(st.binary(min_size=1), st.floats(0, 1, exclude_max=True), st.sampled_from(HOWS))
def test_any_body_takes_any_edit_and_the_same_one_is_the_same(body, draw, how):
    edit = Edit(how, draw)
    assert edited(body, edit) == edited(body, edit)


@given(st.floats(0, 1, exclude_max=True))
def test_json_without_a_mark_is_none(draw):
    with pytest.raises(json.JSONDecodeError):
        json.loads(edited(BODY, Edit("json", draw)))


@given(st.floats(0, 1, exclude_max=True))
def test_another_type_is_json_still(draw):
    after = json.loads(edited(BODY, Edit("type", draw)))
    assert after != json.loads(BODY)


def test_no_other_edit_is_known():
    with pytest.raises(AssertionError, match="melt is none"):
        edited(b"x", Edit("melt", 0.5))
