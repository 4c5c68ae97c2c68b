"""Places of secret values in JSON, forms and free text."""

import pytest

from replayx.cassette.secret_finder import Kind, SecretFinder

FINDER = SecretFinder({"key": Kind.IDENTIFIER, "keyring": Kind.ERASED}, {4})


def values(found, text):
    return [(f.kind, text[f.start : f.end]) for f in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"key":"a"}', [(Kind.IDENTIFIER, b"a")]),
        (b'{"KEYRING" :\n "a\\"b"}', [(Kind.ERASED, b'a\\"b')]),
        (b'{"key":true}', []),
        (b'{"key":[1,["x"],{"k":"y"}],"z":"w"}',
         [(Kind.IDENTIFIER, v) for v in (b"1", b"x", b"y")]),
        (b'"{\\"key\\":{\\"r\\":\\"a\\"},\\"b\\":\\"c\\"}"', [(Kind.IDENTIFIER, b"a")]),
        (b'{"key":', []),
        (b'{"key":["a', [(Kind.IDENTIFIER, b"a")]),
    ],
)  # fmt: skip
def test_json(text, expected):
    assert values(FINDER.in_json(text), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"key=a&keyring=b", [(Kind.IDENTIFIER, b"a"), (Kind.ERASED, b"b")]),
        (b"/p?x=1&Key=a%20b", [(Kind.IDENTIFIER, b"a%20b")]),
        (b"monkey=a", []),
        (b"key=", []),
    ],
)
def test_form(text, expected):
    assert values(FINDER.in_form(text), text) == expected


def test_tokens_are_whole_words():
    text = b"/abcd/abcde/ab-cd?x=%2Fwxyz&abc"
    assert [t for _, t in values(FINDER.tokens(text), text)] == [b"abcd", b"wxyz"]
