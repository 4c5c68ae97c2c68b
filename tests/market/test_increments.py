import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.increments import DISTINCT_MIN, STEPS, StepFinder, increments
from replayx.market.market_view import Increments
from replayx.market.scaled import unscaled
from tests.market.trades import captured_trades


def step_of(*batches):
    finder = StepFinder()
    for texts in batches:
        finder.add(texts)
    return finder.step()


@pytest.mark.parametrize(
    ("texts", "step"),
    [
        (["0.01000000", "61837.63000000"], "0.01000000"),
        (["10.0", "20.0", "30.0"], "10.0"),
        (["1", "2", "3"], "1"),
        (["26.00", "13.00", "39.00"], "1.00"),  # few: the common factor is chance
        (["0.50", "1.00"], "0.10"),  # few: it may be chance
        ([unscaled(50 * k, 2) for k in range(1, 50)], "0.50"),
        ([unscaled(25 * k, 2) for k in range(1, 50)], "0.25"),
        ([unscaled(26 * k, 2) for k in range(1, 50)], "0.02"),
        (["0.00", "0.00"], None),
        ([], None),
    ],
)
def test_the_step_is_what_all_are_multiples_of(texts, step):
    assert step_of(texts) == step


@given(
    st.sampled_from(STEPS),
    st.integers(0, 3),
    st.lists(st.integers(1, 10**9), min_size=DISTINCT_MIN, max_size=80, unique=True),
    st.integers(0, 80),
)
def test_the_step_is_found_however_texts_come(step, zeros, multiples, cut):
    size = step * 10**zeros
    texts = [unscaled(size * one, 4) for one in [*multiples, multiples[0] + 1]]
    assert step_of(texts[:cut], texts[cut:]) == step_of(texts)
    found = step_of([*texts, unscaled(size, 4)])
    assert found == unscaled(size, 4)


def test_more_digits_may_come_later():
    assert step_of(["1.0", "2.0"], ["0.25", "0.50"]) == "0.01"


def test_both_have_to_be_known():
    prices, sizes = StepFinder(), StepFinder()
    prices.add(["0.10"])
    assert increments(prices, sizes) is None
    sizes.add(["1"])
    assert increments(prices, sizes) == Increments("0.10", "1")


@pytest.mark.capture
@pytest.mark.parametrize(
    ("name", "symbol", "tick", "step"),
    [
        # As exchangeInfo had them then: PRICE_FILTER.tickSize, LOT_SIZE.stepSize.
        ("spot_20240808_btcusdt_ethusdt", "BTCUSDT", "0.01000000", "0.00001000"),
        ("spot_20240808_btcusdt_ethusdt", "ETHUSDT", "0.01000000", "0.00010000"),
        ("usdm_20240808_btcusdt_ethusdt", "BTCUSDT", "0.10", "0.001"),
        ("usdm_20240808_btcusdt_ethusdt", "ETHUSDT", "0.01", "0.001"),
        ("spot_20240724_nexousdt", "NEXOUSDT", "0.00100000", "0.01000000"),
    ],
)
def test_real_trades_tell_the_steps(captures, name, symbol, tick, step):
    trades = captured_trades(captures / "ws" / f"binance_{name}.ndjson.zst")[symbol]
    prices, sizes = StepFinder(), StepFinder()
    prices.add([one.price for one in trades])
    sizes.add([one.quantity for one in trades])
    assert increments(prices, sizes) == Increments(tick, step)
