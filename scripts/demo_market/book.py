"""An order book of price levels: integers, sorted, never crossed."""

from bisect import bisect_left, insort


class Side:
    """One side of the book. `sign` is -1 for bids, so that the best level sorts first."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self._lots: dict[int, int] = {}
        self._keys: list[int] = []

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def best(self) -> int:
        """The best price."""
        return self._keys[0] * self.sign

    def at(self, price: int) -> int:
        """Return the lots at a price, 0 where there is no level."""
        return self._lots.get(price, 0)

    def price_at(self, place: int) -> int:
        """Return the price of the level at `place`, counted from the best."""
        return self._keys[place] * self.sign

    def put(self, price: int, lots: int) -> None:
        """Set the lots at a price; 0 removes the level."""
        assert lots >= 0, "negative quantity"
        key = price * self.sign
        if lots == 0:
            if price in self._lots:
                del self._lots[price]
                del self._keys[bisect_left(self._keys, key)]
            return
        if price not in self._lots:
            insort(self._keys, key)
        self._lots[price] = lots

    def top(self, count: int) -> list[tuple[int, int]]:
        """Return the best `count` levels as (price, lots), best first."""
        return [(key * self.sign, self._lots[key * self.sign]) for key in self._keys[:count]]


class Book:
    """Bids and asks."""

    def __init__(self) -> None:
        self.bids = Side(-1)
        self.asks = Side(1)

    def side(self, *, is_bid: bool) -> Side:
        """Return one side."""
        return self.bids if is_bid else self.asks

    @property
    def touch(self) -> tuple[int, int, int, int]:
        """Best bid, its lots, best ask, its lots."""
        bid, ask = self.bids.best, self.asks.best
        return bid, self.bids.at(bid), ask, self.asks.at(ask)

    @property
    def middle(self) -> float:
        """The middle price."""
        return (self.bids.best + self.asks.best) / 2
