"""What is traded: symbols with their ticks, lots and decimals, all numbers as integers."""

from typing import NamedTuple

MARK_PLACES = 8  # mark, index and settlement prices have eight decimals


class Instrument(NamedTuple):
    """One symbol of one market. Prices are integers of 10^-price_places, quantities of lots."""

    market: str
    symbol: str
    base: str
    quote: str
    start_price: int
    price_places: int
    tick: int
    lot_places: int
    price_decimals: int  # digits after the point in the wire's text
    lot_decimals: int
    quote_decimals: int  # of sums of price times quantity
    first_trade_id: int
    first_agg_id: int
    first_update_id: int
    update_id_step_max: int  # how far one change moves the update id
    events_per_s: int
    mean_lots: int
    level_count: int  # price levels the book keeps on each side

    def price(self, units: int) -> str:
        """Return a price as the wire has it."""
        return decimal(units, self.price_places, self.price_decimals)

    def lots(self, lots: int) -> str:
        """Return a quantity as the wire has it."""
        return decimal(lots, self.lot_places, self.lot_decimals)

    def worth(self, units: int, *, decimals: int | None = None) -> str:
        """Return a sum of price times quantity as the wire has it."""
        wanted = self.quote_decimals if decimals is None else decimals
        return decimal(units, self.price_places + self.lot_places, wanted)

    def levels(self, side: list[tuple[int, int]]) -> list[tuple[str, str]]:
        """Return price levels as the wire has them."""
        return [(self.price(price), self.lots(lots)) for price, lots in side]


def decimal(value: int, places: int, decimals: int) -> str:
    """Return `value` times 10^-places with `decimals` digits after the point, half away from 0."""
    if places > decimals:
        cut = 10 ** (places - decimals)
        half = cut // 2 if value >= 0 else -(cut // 2)
        value, places = int_quotient(value + half, cut), decimals
    digits = str(abs(value)).rjust(places + 1, "0")
    point = len(digits) - places
    sign = "-" if value < 0 else ""
    fraction = digits[point:].ljust(decimals, "0")
    return f"{sign}{digits[:point]}.{fraction}" if decimals else sign + digits


def int_quotient(value: int, divisor: int) -> int:
    """Return the quotient rounded toward zero."""
    return value // divisor if value >= 0 else -(-value // divisor)


def spot(symbol: str, base: str, **numbers: int) -> Instrument:
    """Return a Binance Spot symbol: every decimal text has eight places."""
    return Instrument(
        market="binance-spot",
        symbol=symbol,
        base=base,
        quote="USDT",
        price_places=2,
        tick=1,
        price_decimals=8,
        lot_decimals=8,
        quote_decimals=8,
        update_id_step_max=1,
        **numbers,
    )


def usdm(symbol: str, base: str, **numbers: int) -> Instrument:
    """Return a USDⓈ-M perpetual: texts have the symbol's own decimals, update ids skip."""
    return Instrument(
        market="binance-usdm",
        symbol=symbol,
        base=base,
        quote="USDT",
        price_places=2,
        lot_places=3,
        price_decimals=2,
        lot_decimals=3,
        quote_decimals=5,
        update_id_step_max=90,
        **numbers,
    )


INSTRUMENTS = (
    spot(
        "BTCUSDT",
        "BTC",
        start_price=10_842_137,
        lot_places=5,
        first_trade_id=5_618_204_377,
        first_agg_id=3_702_115_921,
        first_update_id=101_377_420_915,
        events_per_s=46,
        mean_lots=9_000,
        level_count=130,
    ),
    spot(
        "ETHUSDT",
        "ETH",
        start_price=391_266,
        lot_places=4,
        first_trade_id=3_094_771_860,
        first_agg_id=1_988_240_667,
        first_update_id=70_415_283_006,
        events_per_s=10,
        mean_lots=16_000,
        level_count=110,
    ),
    usdm(
        "BTCUSDT",
        "BTC",
        start_price=10_839_320,
        tick=10,
        first_trade_id=6_903_315_048,
        first_agg_id=3_055_864_129,
        first_update_id=9_214_880_337_205,
        events_per_s=52,
        mean_lots=420,
        level_count=130,
    ),
    usdm(
        "ETHUSDT",
        "ETH",
        start_price=391_163,
        tick=1,
        first_trade_id=5_977_021_394,
        first_agg_id=2_316_448_075,
        first_update_id=9_214_880_337_418,
        events_per_s=11,
        mean_lots=5_200,
        level_count=110,
    ),
)


def instruments(market: str) -> tuple[Instrument, ...]:
    """Return the symbols of a market."""
    return tuple(one for one in INSTRUMENTS if one.market == market)
