from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.scaled import (
    digits_of,
    is_padded,
    most_digits,
    scaled,
    scaled_column,
    sum_texts,
    unscaled,
)

TEXTS = st.decimals(
    min_value=-(10**9), max_value=10**12, places=5, allow_nan=False, allow_infinity=False
).map(lambda number: f"{number:f}")
MIXED = st.lists(st.sampled_from(["0", "1.", "0.5", "12.34", "12.3400", "7", "0.00000001"]))


@given(TEXTS, st.integers(5, 12))
def test_a_text_is_a_whole_number_of_its_last_digit(text, digits):
    number = scaled(text, digits)
    assert Decimal(number) == Decimal(text) * 10**digits
    assert Decimal(unscaled(number, digits)) == Decimal(text)
    assert digits_of(unscaled(number, digits)) == digits


@given(MIXED)
def test_a_column_is_each_of_its_texts(texts):
    digits = most_digits(texts)
    assert digits == max(map(digits_of, texts), default=0)
    assert scaled_column(texts, digits) == [scaled(text, digits) for text in texts]
    assert is_padded(texts, digits) <= all(digits_of(text) == digits for text in texts)
    if texts:
        assert Decimal(sum_texts(texts)) == sum(map(Decimal, texts))


@pytest.mark.parametrize(
    ("texts", "total"), [(["1.0", "2.50"], "3.50"), (["7"], "7"), (["7", "8"], "15")]
)
def test_a_sum_is_padded_as_its_longest_text(texts, total):
    assert sum_texts(texts) == total


@pytest.mark.parametrize("text", ["0.123", "", "x", "1.2.3", "1e5", "."])
def test_what_does_not_fit_is_told(text):
    with pytest.raises(ValueError, match=r"digits behind the point|invalid literal"):
        scaled_column([text], 2)
