"""corrupt: what is left of a payload."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.link import Direction
from replayx.faults.toxics.corrupt import break_json, change_type, cut_short, flip_bit
from tests.faults.flows import REST, WS, WSAPI, carried, flow_of, sent, toxic, trip_on

SAID = b'{"e":"trade","t":12,"p":"0.50","q":[1,"2"],"m":true}'


@pytest.mark.parametrize(
    ("damage", "where", "which", "left"),
    [
        (flip_bit, 0.0, 0.0, SAID.replace(b"{", b"z", 1)),
        (flip_bit, 0.999, 0.99, SAID[:-1] + b"="),
        (cut_short, 0.0, 0.0, b""),
        (cut_short, 0.5, 0.0, SAID[: len(SAID) // 2]),
        (break_json, 0.0, 0.0, SAID[1:]),
        (break_json, 0.99, 0.0, SAID[:-1]),
        (break_json, 0.3, 0.0, SAID.replace(b"[", b"")),
        (change_type, 0.0, 0.9, SAID.replace(b"12", b'"12"')),
        (change_type, 0.0, 0.1, SAID.replace(b"12", b"null")),
        (change_type, 0.3, 0.9, SAID.replace(b'"0.50"', b"0.50")),
        (change_type, 0.3, 0.1, SAID.replace(b'"0.50"', b"null")),
        (change_type, 0.99, 0.9, SAID.replace(b'"2"', b"2")),
    ],
)
def test_damage(damage, where, which, left):
    if damage is flip_bit and where == 0.0:
        left = bytes((SAID[0] ^ 1,)) + SAID[1:]
    assert damage(SAID, where, which) == left


chances = st.floats(0, 1, exclude_max=True)
values = st.recursive(
    st.none() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
payloads = st.dictionaries(st.text(max_size=5), values, min_size=1).map(
    lambda value: json.dumps(value, ensure_ascii=False).encode()
)


@given(payloads, chances, chances)
def test_damaged_payloads_are_still_text(payload, where, which):
    for damage in (flip_bit, cut_short, break_json, change_type):
        damage(payload, where, which).decode()


@given(payloads, chances, chances)
def test_damaged_payloads_are_what_they_are_called(payload, where, which):
    flipped = flip_bit(payload, where, which)
    assert sum((a ^ b).bit_count() for a, b in zip(payload, flipped, strict=True)) == 1
    assert payload.startswith(cut_short(payload, where, which))
    assert len(cut_short(payload, where, which)) < len(payload)
    assert len(break_json(payload, where, which)) == len(payload) - 1


def test_the_frame_tells_the_new_length():
    flow = flow_of("x" * 300)
    assert carried(toxic("corrupt", how="truncate").on_link(WS), flow, (0.1,), (0.5,)) == [0]
    assert sent(flow) == [(0, b"\x81\x1e" + b"x" * 30)]


def test_what_cannot_be_damaged_is_not_touched():
    flow = flow_of("no number", "é" * 3)
    columns = (0.5, 0.5), (0.5, 0.5)
    assert carried(toxic("corrupt", how="type").on_link(WS), flow, *columns) == []
    assert carried(toxic("corrupt", how="bit").on_link(WS), flow, *columns, fired=[1]) == []


def test_what_other_toxics_changed_is_damaged_as_it_is():
    flow = flow_of('{"p":1}')
    for how in ("type", "truncate"):
        carried(toxic("corrupt", how=how).on_link(WS), flow, (0.8,), (0.9,))
    assert sent(flow) == [(0, b'\x81\x07{"p":"1')]


def test_answers_are_damaged_where_they_are_requests():
    corrupt = toxic("corrupt", how="json")
    assert corrupt.on_requests(WS) is None
    assert corrupt.on_requests(REST._replace(direction=Direction.UPSTREAM)) is None
    for link in (REST, WSAPI):
        trip = trip_on(link)
        assert corrupt.on_requests(link).apply(trip, [0.25, 0.5])
        assert [(edit.how, edit.draw) for edit in trip.edits] == [("json", 0.25)]
