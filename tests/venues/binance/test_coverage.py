import pytest

from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import Coverage, HttpRequest

SPOT, USDM = BinanceSpot(), BinanceUsdm()


def rows(venue, channels=(), targets=()):
    feeds = [venue.market_feed(channel) for channel in channels]
    keys = [venue.request_key(HttpRequest("GET", target)) for target in targets]
    return {(row.what, row.symbol): (row.recorded, row.derived) for row in
            venue.coverage(feeds, keys)}  # fmt: skip


@pytest.mark.parametrize(
    ("what", "recorded", "derived"),
    [
        ("@trade", True, False),
        ("@aggTrade", False, True),
        ("@bookTicker", False, False),
        ("@depth", False, False),
        ("@kline_*", False, True),
        ("@miniTicker", False, True),
        ("depth", True, False),
        ("trades", False, True),
        ("klines", False, True),
        ("ticker", False, True),
        ("ticker/bookTicker", False, False),
    ],
)
def test_a_tape_of_trades(what, recorded, derived):
    found = rows(SPOT, ["btcusdt@trade"], ["/api/v3/depth?symbol=BTCUSDT"])
    assert found[what, "BTCUSDT"] == (recorded, derived)


_STATISTICS = ("ticker/price", "ticker/24hr", "avgPrice", "ticker", "ticker/tradingDay")
_QUOTES = ("ticker/bookTicker",)


@pytest.mark.parametrize(
    ("word", "derived"),
    [
        ("aggTrade", ("aggTrades", "klines", "uiKlines", *_STATISTICS)),
        ("kline_1m", ("klines", "uiKlines", *_STATISTICS)),
        ("ticker", _STATISTICS[:2]),
        ("miniTicker", ()),
        ("avgPrice", ("avgPrice",)),
        ("bookTicker", _QUOTES),
        ("depth5@100ms", ("depth", *_QUOTES)),
        ("depth@100ms", ("depth", *_QUOTES)),
    ],
)
def test_what_endpoints_are_derived_from_one_stream(word, derived):
    found = rows(SPOT, [f"btcusdt@{word}"])
    told = {what for (what, _), (_, is_derived) in found.items() if is_derived}
    assert {what for what in told if what[0] != "@"} - {"exchangeInfo"} == set(derived)
    assert ("exchangeInfo" in told) == (word != "avgPrice")


def test_exchange_info_is_of_all_symbols():
    assert rows(SPOT) == {("exchangeInfo", ""): (False, False)}
    assert rows(SPOT, ["btcusdt@trade"])["exchangeInfo", ""] == (False, True)
    assert rows(SPOT, [], ["/api/v3/exchangeInfo"]) == {("exchangeInfo", ""): (True, False)}


def test_recorded_candles_have_rows_of_their_own():
    found = rows(SPOT, ["btcusdt@kline_1h"])
    assert found["@kline_1h", "BTCUSDT"] == (True, False)
    assert found["@kline_*", "BTCUSDT"] == (False, True)
    assert ("@kline_1m", "BTCUSDT") not in found
    assert found["klines", "BTCUSDT"] == (False, True)


def test_markets_have_their_own_endpoints():
    spot = {what for what, _ in rows(SPOT, ["btcusdt@trade"])}
    usdm = {what for what, _ in rows(USDM, ["btcusdt@trade", "btcusdt@markPrice"])}
    assert {"avgPrice", "uiKlines"} <= spot - usdm
    assert {"premiumIndex", "continuousKlines", "@markPrice"} <= usdm - spot


def test_symbols_are_apart():
    found = rows(SPOT, ["btcusdt@trade"], ["/api/v3/klines?symbol=ETHUSDT&interval=1m"])
    assert found["klines", "ETHUSDT"] == (True, False)
    assert found["@aggTrade", "ETHUSDT"] == (False, False)


def test_a_row_is_plain():
    assert SPOT.coverage((), ()) == (Coverage("exchangeInfo", "", False, False),)
