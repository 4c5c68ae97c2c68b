"""Pseudonyms: length and alphabet of the value, a function of value and key."""

import json

from hypothesis import given
from hypothesis import strategies as st

from replayx.cassette.pseudonym import JSON_UNIT, URL_UNIT, disguise, pseudonym

KEY = b"key"


@given(st.binary(max_size=200))
def test_same_length_and_never_itself(value):
    cover = pseudonym(value, KEY)
    assert len(cover) == len(value)
    assert (cover == value) == (
        not any((chr(b).isascii() and chr(b).isalnum()) or b > 127 for b in value)
    )
    assert cover == pseudonym(value, KEY)


@given(st.integers(min_value=0))
def test_a_number_stays_a_number_without_a_leading_zero(number):
    cover = pseudonym(str(number).encode(), KEY)
    assert str(int(cover)).encode() == cover or number == 0 or cover[:1] != b"0"


def test_another_key_gives_another_pseudonym():
    assert pseudonym(b"abcdefgh12345678", b"one") != pseudonym(b"abcdefgh12345678", b"two")


@given(st.text(max_size=20))
def test_escapes_in_json_are_kept_valid(value):
    raw = json.dumps(value).encode()[1:-1]
    _, _, written = disguise(raw, JSON_UNIT, KEY)
    json.loads(b'"' + written + b'"')


@given(st.binary(max_size=20))
def test_escapes_in_urls_are_kept(value):
    raw = b"".join(b"%%%02x" % byte for byte in value)
    plain, cover, written = disguise(raw, URL_UNIT, KEY)
    assert plain == value
    assert bytes.fromhex(written.replace(b"%", b"").decode()) == cover
