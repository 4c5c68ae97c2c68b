from decimal import Decimal

import pytest

from replayx.errors import InvalidPlan
from replayx.faults.conditions import PriceCondition, parse_price_condition


@pytest.mark.parametrize(
    ("text", "condition", "written"),
    [
        ("BTCUSDT > 60000", ("BTCUSDT", ">", "60000"), "BTCUSDT > 60000"),
        (" btcusdt>=60000.50 ", ("BTCUSDT", ">=", "60000.50"), "BTCUSDT >= 60000.50"),
        ("ETH<0.00000001", ("ETH", "<", "0.00000001"), "ETH < 0.00000001"),
        ("BTCUSDT_220624 <= 1", ("BTCUSDT_220624", "<=", "1"), "BTCUSDT_220624 <= 1"),
    ],
)
def test_conditions(text, condition, written):
    symbol, comparison, price = condition
    parsed = parse_price_condition(text, "p")
    assert parsed == PriceCondition(symbol, comparison, Decimal(price))
    assert parsed.text == written
    assert parse_price_condition(written, "p") == parsed


@pytest.mark.parametrize(
    "text", ["", "BTC", "BTC > ", "> 5", "BTC = 5", "BTC > -5", "BTC > 1e5", "BTC > " + "9" * 30]
)
def test_what_is_no_condition(text):
    with pytest.raises(InvalidPlan, match="expected a symbol, one of > >= < <=, and a price"):
        parse_price_condition(text, "p")


@pytest.mark.parametrize(
    ("comparison", "met"),
    [(">", [False, False, True]), (">=", [False, True, True]),
     ("<", [True, False, False]), ("<=", [True, True, False])],
)  # fmt: skip
def test_when_it_is_met(comparison, met):
    condition = PriceCondition("BTC", comparison, Decimal("5.0"))
    assert [condition.is_met(Decimal(price)) for price in ("4.99", "5", "5.01")] == met
