import inspect

from replayx.market.market_at import MarketAt
from replayx.market.market_view import MarketView


def test_what_is_asked_of_a_market_can_be_answered():
    asked = {name: one for name, one in vars(MarketView).items() if inspect.isfunction(one)
             and not name.startswith("_")}  # fmt: skip
    assert "book" in asked
    for name, one in asked.items():
        answered = vars(MarketAt)[name]
        assert inspect.signature(answered) == inspect.signature(one), name
