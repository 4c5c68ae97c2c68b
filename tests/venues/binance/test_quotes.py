"""Which payloads tell a price."""

import pytest

from replayx.venues.binance.quotes import quote
from replayx.venues.venue import Quote

TRADE = b'{"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"108420.17000000","q":"0.1","T":1,"m":true}'
TOP = b'{"u":7,"s":"BTCUSDT","b":"108420.17000000","B":"0.8","a":"108420.18000000","A":"0.4"}'


@pytest.mark.parametrize(
    ("channel", "payload", "expected"),
    [
        ("btcusdt@trade", TRADE, Quote("BTCUSDT", last="108420.17000000")),
        ("btcusdt@aggTrade", TRADE, Quote("BTCUSDT", last="108420.17000000")),
        (
            "btcusdt@bookTicker",
            TOP,
            Quote("BTCUSDT", bid="108420.17000000", ask="108420.18000000"),
        ),
        ("btcusdt@depth@100ms", b'{"e":"depthUpdate","b":[],"a":[]}', None),
        ("btcusdt@trade", b'{"s":"BTCUSDT"}', None),
        ("btcusdt@trade", b"\xff", None),
        ("btcusdt@bookTicker", b"[]", None),
        ("", TRADE, None),
    ],
)
def test_quote(channel, payload, expected):
    assert quote(channel, payload) == expected
