"""What fits a layout is changed exactly; what does not is never taken for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.timeline.layouts import PADDING, Layout
from replayx.timeline.places import Place

TRADE = b'{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"T":1723161255342,"m":true}'
SPLIT = 1


def places(text, *keys):
    found = []
    for key in keys:
        start = text.index(b'"%b":' % key) + len(key) + 3
        stop = next(k for k in range(start, len(text)) if not text[k : k + 1].isdigit())
        found.append(Place(start, stop))
    return found


def memory(payloads, before=b"\x81\x7e"):
    """Return payloads with two bytes before each, and where they are."""
    text = np.zeros(sum(map(len, payloads)) + 2 * len(payloads) + PADDING, dtype=np.uint8)
    at, start, stop = 0, [], []
    for payload in payloads:
        start.append(at + 2)
        stop.append(at + 2 + len(payload))
        text[at : stop[-1]] = np.frombuffer(before + payload, dtype=np.uint8)
        at = stop[-1]
    return text, np.array(start), np.array(stop)


def learned(text=TRADE, keys=(b"E", b"T"), add=57, split=SPLIT):
    found = places(text, *keys)
    return Layout.learned(text, found, [add] * len(found), split)


def fits(layout, *payloads):
    text, start, stop = memory(payloads)
    return layout.fits(text, start, stop).tolist()


def test_numbers_of_many_payloads_move():
    others = [
        TRADE,
        TRADE.replace(b"1723161255", b"1699999999"),
        TRADE.replace(b"3735683259", b"1"),
    ]
    text, start, stop = memory(others)
    layout = learned()
    assert layout.fits(text, start, stop).all()
    assert layout.move(text, start, stop).all()
    moved = [text[a:b].tobytes() for a, b in zip(start, stop, strict=True)]
    assert moved == [
        payload.replace(b"5343", b"5400").replace(b"9343", b"9400")
        .replace(b"5342", b"5399").replace(b"9342", b"9399")
        for payload in others
    ]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        TRADE.replace(b"true", b"false"),
        TRADE.replace(b'"T"', b'"X"'),
        TRADE.replace(b'"E"', b'"e"'),
        TRADE.replace(b"1723161255343", b"172316125534"),
        TRADE.replace(b"1723161255342", b"17231612553420"),
        TRADE.replace(b"1723161255342", b"172316125534:"),
        TRADE.replace(b"1723161255343", b"-723161255343"),
        TRADE.replace(b'"trade"', b'"trad3"'),
        TRADE[:30],
        b"",
        b"{}",
    ],
)
def test_what_differs_does_not_fit(other):
    assert fits(learned(), TRADE, other, TRADE) == [True, False, True]
    assert fits(learned(), other) == [False]


def test_a_time_that_gets_longer_is_told():
    nines = TRADE.replace(b"1723161255342", b"9999999999999")
    text, start, stop = memory([TRADE, nines])
    assert learned().move(text, start, stop).tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "keys", "split"),
    [
        (b'{"o":{"x":1,"T":1723161255342}}', (b"T",), 0),  # whose member is it?
        (b'{"E":"1723161255342"}', (b'E":"',), 0),
    ],
)
def test_what_proves_nothing_is_not_learned(text, keys, split):
    start = text.index(b"1723")
    assert Layout.learned(text, [Place(start, start + 13)], [1], split) is None


@given(
    st.integers(1, 16).flatmap(lambda digits: st.tuples(
        st.just(digits), st.integers(10 ** (digits - 1), 10**digits - 1))),
    st.integers(-(10**16), 10**16),
    st.booleans(),
)  # fmt: skip
def test_any_number_moves_by_anything_or_tells_that_it_cannot(number, add, in_head):
    digits, value = number
    text = b'{"u":%d,"s":"A"}' % value
    place = Place(5, 5 + digits)
    layout = Layout.learned(text, [place], [add], int(in_head))
    memory_, start, stop = memory([text, text])
    assert layout.fits(memory_, start, stop).all()
    kept = layout.move(memory_, start, stop)
    new = value + add
    fitting = 10 ** (digits - 1) <= new < 10**digits or (digits == 1 and new == 0)
    assert kept.tolist() == [fitting, fitting]
    if fitting:
        wanted = b'{"u":%d,"s":"A"}' % new
        assert [memory_[a:b].tobytes() for a, b in zip(start, stop, strict=True)] == [wanted] * 2


def test_numbers_with_other_leading_digits_move_too():
    values = [10**12, 1_723_161_255_343, 9 * 10**12, 1_699_999_999_999]
    payloads = [b'{"E":%d,"s":"A"}' % value for value in values]
    text, start, stop = memory(payloads)
    layout = Layout.learned(payloads[0], [Place(5, 18)], [10**8 + 1], 1)
    assert layout.move(text, start, stop).all()
    assert [text[a:b].tobytes() for a, b in zip(start, stop, strict=True)] == [
        b'{"E":%d,"s":"A"}' % (value + 10**8 + 1) for value in values
    ]


@pytest.mark.parametrize("split", [0, 2])
def test_numbers_side_by_side_keep_each_others_digits(split):
    payload = b'{"E":[1723161255343,1723161255344],"s":"A"}'
    found = [Place(6, 19), Place(20, 33)]
    layout = Layout.learned(payload, found, [7_000_000_057] * 2, split)
    text, start, stop = memory([payload] * 3)
    assert layout.fits(text, start, stop).all()
    assert layout.move(text, start, stop).all()
    moved = b'{"E":[1730161255400,1730161255401],"s":"A"}'
    assert [text[a:b].tobytes() for a, b in zip(start, stop, strict=True)] == [moved] * 3
