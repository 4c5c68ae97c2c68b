"""Arithmetic with the venue's decimal texts, padded and rounded as the venue does it."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

# Sums of a day's quote volume have some 25 digits; nothing here is ever longer than its inputs.
_EXACT = Context(prec=60)
# USDⓈ-M quotes amounts with two decimals where prices have fewer (BTCUSDT_220624: 29122.5 and
# 30433679.16, observed 2022-05), else with as many as prices.
_AMOUNT_PLACES_MIN = 2
_PERCENT_PLACES = 3


def places(text: str) -> int:
    """Return how many digits stand behind the point."""
    return len(text.partition(".")[2])


def difference(last: str, first: str) -> str:
    """Return `last` minus `first`, padded as they are."""
    digits = max(places(last), places(first))
    return _text(_EXACT.subtract(Decimal(last), Decimal(first)), digits)


def percentage(last: str, first: str) -> str:
    """Return by how much percent `last` is above `first`: three decimals, rounded."""
    base = Decimal(first)
    if not base:
        return _text(base, _PERCENT_PLACES)
    change = _EXACT.subtract(Decimal(last), base)
    return _text(_EXACT.divide(change.scaleb(2, _EXACT), base), _PERCENT_PLACES)


def average(quote_volume: str, volume: str, price: str) -> str:
    """Return the price that was paid on average, rounded to the decimals of `price`."""
    divisor = Decimal(volume)
    mean = _EXACT.divide(Decimal(quote_volume), divisor) if divisor else Decimal(0)
    return _text(mean, places(price))


def amount(price: str, quantity: str) -> str:
    """Return price times quantity as the venue tells it with a trade: cut, not rounded.

    Observed: 0.07011600 x 0.30930000 is 0.02168687, 11494.06 x 0.007 is 80.45.
    """
    product = _EXACT.multiply(Decimal(price), Decimal(quantity))
    return _text(product, amount_places(price), rounding=ROUND_DOWN)


def amount_places(price: str) -> int:
    """Return with how many decimals amounts are told where prices are like `price`."""
    return max(places(price), _AMOUNT_PLACES_MIN)


def cut(text: str, digits: int) -> str:
    """Return a number with exactly so many decimals, cut or padded."""
    return _text(Decimal(text), digits, rounding=ROUND_DOWN)


def zero(like: str) -> str:
    """Return nought, padded like another number."""
    return _text(Decimal(0), places(like))


def _text(value: Decimal, digits: int, *, rounding: str = ROUND_HALF_UP) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding, _EXACT)
    return format(rounded if rounded else rounded.copy_abs(), "f")
