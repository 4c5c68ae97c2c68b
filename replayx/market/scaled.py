"""Decimal texts as whole numbers of their last digit: exact sums at the speed of integers."""

from collections.abc import Sequence
from operator import itemgetter


def digits_of(text: str) -> int:
    """Return how many digits stand behind the point."""
    _, _, fraction = text.partition(".")
    return len(fraction)


def scaled(text: str, digits: int) -> int:
    """Return a text as a number of 10^-`digits`. Raises ValueError if it is no such number."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > digits:
        raise ValueError(f"found {text!r}; expected at most {digits} digits behind the point")
    value: int = int(whole + fraction) * 10 ** (digits - len(fraction))
    return value


def unscaled(value: int, digits: int) -> str:
    """Return the text of a number of 10^-`digits`, with all its digits."""
    if not digits:
        return str(value)
    if value < 0:
        return "-" + unscaled(-value, digits)
    text = str(value).zfill(digits + 1)
    return f"{text[:-digits]}.{text[-digits:]}"


def scaled_column(texts: Sequence[str], digits: int) -> list[int]:
    """Return texts as numbers of 10^-`digits`. Raises ValueError if one is no such number."""
    if is_padded(texts, digits):
        # One venue pads all texts of a field alike, so the points can go all at once.
        return list(map(int, ",".join(texts).replace(".", "").split(","))) if texts else []
    return [scaled(text, digits) for text in texts]


def is_padded(texts: Sequence[str], digits: int) -> bool:
    """Say whether each of the texts has exactly this many digits behind the point."""
    if not digits:
        return "." not in "".join(texts)
    try:
        points = "".join(map(itemgetter(-1 - digits), texts))
    except IndexError:
        return False
    return points.count(".") == len(texts)


def most_digits(texts: Sequence[str]) -> int:
    """Return the most digits that any of the texts has behind the point."""
    if not texts:
        return 0
    first = digits_of(texts[0])
    return first if is_padded(texts, first) else max(map(digits_of, texts))


def sum_texts(texts: Sequence[str]) -> str:
    """Return the sum of decimal texts, padded as the longest of them."""
    if len(texts) == 1:
        return texts[0]
    digits = most_digits(texts)
    return unscaled(sum(scaled_column(texts, digits)), digits)
