"""A question about the market: who asks what, of which market."""

from collections.abc import Callable
from typing import NamedTuple

from replayx.market.market_view import MarketView
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.parameters import Parameters, Refused


class Question(NamedTuple):
    """A request for market data, and the market it is answered from. Methods raise Refused."""

    dialect: Dialect
    params: Parameters
    market: MarketView

    @property
    def is_futures(self) -> bool:
        """Whether it is asked of USDⓈ-M."""
        return self.dialect.diffs_are_linked

    def symbol(self) -> str:
        """Return the one symbol that must be asked for."""
        return self.params.symbol(self.market)

    def for_each(
        self,
        answer: Callable[["Question", str], object | None],
        *,
        all_if_none: bool = True,
    ) -> object | None:
        """Answer for `symbol`, for each of `symbols`, or for all that are known.

        One symbol gets an object, the others a list. None where one that was named is not known.
        """
        is_trading = self.params.trades_now()
        listed = None if self.is_futures else self.params.symbols(self.market)
        if listed is None and self.params.has("symbol"):
            return answer(self, self.symbol())
        if listed is None and not all_if_none:
            raise Refused(
                -1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!"
            )
        if not is_trading:
            return ()
        answers = [answer(self, one) for one in listed or self.market.symbols()]
        if listed is not None:
            return None if None in answers else answers
        return [one for one in answers if one is not None] or None
