"""Numbers are found by their path, whatever stands around them, and nothing is decoded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.timeline.places import TIME
from replayx.venues.field_paths import ByWord, EitherForm, Members, compile_paths, locate


def found(text, paths):
    located = locate(text, compile_paths(paths))
    return [(text[p.start : p.stop].decode(), p.kind) for p in located.places], located.is_whole


@pytest.mark.parametrize(
    ("text", "paths", "numbers", "is_whole"),
    [
        (b'{"E":1723161255343}', "E", ["1723161255343"], True),
        (b'{ "x" : {"E":1} , "E" : 1723161255343 }', "E", ["1723161255343"], True),
        (b'{"E":"1723161255343","T":1723161255343}', "E T", ["1723161255343"] * 2, True),
        (b'{"k":{"t":1723161240000,"x":{}},"E":1723161255343}', "E k.t",
         ["1723161240000", "1723161255343"], True),
        (b'[[1723161240000,"1",[2],1723161299999],[]]', "[][0] [][3]",
         ["1723161240000", "1723161299999"], False),
        (b'[{"T":1723161255343},{"T":1723161255344}]', "[].T",
         ["1723161255343", "1723161255344"], False),
        (b'{"E":0,"T":-1,"W":null}', "E T W", [], False),
        (b'{"E":1723161255343.5}', "E", [], False),
        (b'{"E":17231612553430}', "E", [], False),
        (b'{"x":"\\"E\\":1723161255343,","E":1723161255344}', "E", ["1723161255344"], True),
        (b'{"a":"}{][","E":1723161255343}', "E", ["1723161255343"], True),
        (b"{}", "E", [], False),
        (b"[]", "[].E", [], False),
        (b"12", "E", [], False),
    ],
)  # fmt: skip
def test_what_is_found(text, paths, numbers, is_whole):
    assert found(text, paths) == ([(number, TIME) for number in numbers], is_whole)


def test_a_number_may_have_a_kind():
    text = b'{"t":5,"a":-1,"f":123456789012345678}'
    assert found(text, "t=trade f=trade") == ([("5", "trade"), ("123456789012345678", "trade")],
                                              True)  # fmt: skip
    assert found(text, "a=trade") == ([], False)


def test_members_may_depend_on_a_word():
    tree = ByWord(b"e", {b"trade": compile_paths("T")}, compile_paths("u"))
    for text, number in (
        (b'{"u":1723161255343,"e":"trade","T":1723161255344}', b"1723161255344"),
        (b'{"u":1723161255343,"T":1723161255344}', b"1723161255343"),
    ):
        (place,) = locate(text, tree).places
        assert text[place.start : place.stop] == number
    assert locate(b'{"e":"other","u":1723161255343}', tree).places == ()
    assert locate(b'[{"e":"trade","T":1723161255344}]', EitherForm(tree)).places


@pytest.mark.parametrize("text", [b"", b"{", b'{"a', b'{"a":', b"\x00\x01", b'{"a":"', b'{"a":{'])
def test_what_is_no_json_has_no_numbers(text):
    assert locate(text, compile_paths("a.b E")).places == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(
    st.dictionaries(st.text().filter(lambda key: key not in ("E", "k")), json_values, max_size=5),
    st.integers(0, 5),
    st.sampled_from([None, 1]),
)
def test_the_path_decides_and_nothing_else(others, place, indent):
    members = list(others.items())
    members.insert(place, ("E", 1723161255343))
    members.insert(place, ("k", {"E": 1, "T": 1723161255344, "x": others}))
    text = json.dumps(dict(members), indent=indent).encode()
    numbers, is_whole = found(text, "E k.T")
    assert sorted(number for number, _ in numbers) == ["1723161255343", "1723161255344"]
    assert is_whole


def test_nothing_is_looked_for_in_an_object_of_no_interest():
    assert locate(b'{"a":1723161255343}', Members({})).places == ()
