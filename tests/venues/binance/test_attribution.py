"""Which channel a message belongs to."""

import pytest

from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import NO_ENVELOPE, Carried, Envelope, Role, Subscription
from tests.venues.binance.captures import SPOT, USDM, capture, messages

KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
OPAQUE = Carried("", "opaque", NO_ENVELOPE)


def raw(*channels: str) -> Subscription:
    return Subscription(Role.STREAM, "/ws", dict.fromkeys(channels))


def carried(venue: BinanceVenue, payload: str, *channels: str) -> tuple[str, str]:
    found = venue.carried(raw(*channels), payload.encode())
    assert found.envelope == NO_ENVELOPE
    return found.name, found.kind


BOOK_TICKER = '{"u":400900217,"s":"BNBUSDT","b":"25.3","B":"31.2","a":"25.4","A":"40.6"}'
PARTIAL = '{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}'
KLINE = '{"e":"kline","E":1,"s":"BNBBTC","k":{"t":1,"T":2,"s":"BNBBTC","i":"1m","f":100}}'

# Payloads of web-socket-streams.md, on a connection that holds the stream and others.
SPOT_PAYLOADS = [
    ('{"e":"trade","E":1,"s":"BNBBTC","t":12345,"p":"0.001"}', "bnbbtc@trade"),
    ('{"e":"aggTrade","E":1,"s":"BNBBTC","a":12345}', "bnbbtc@aggTrade"),
    ('{"e":"blockTrade","E":1,"s":"BNBBTC","t":582}', "bnbbtc@blockTrade"),
    (KLINE, "bnbbtc@kline_1m"),
    (KLINE, "bnbbtc@kline_1m@+08:00"),
    ('{"e":"24hrMiniTicker","E":1,"s":"BNBBTC","c":"1"}', "bnbbtc@miniTicker"),
    ('{"e":"24hrTicker","E":1,"s":"BNBBTC","p":"1"}', "bnbbtc@ticker"),
    ('{"e":"4hTicker","E":1,"s":"BNBBTC","p":"1"}', "bnbbtc@ticker_4h"),
    (BOOK_TICKER, "bnbusdt@bookTicker"),
    ('{"e":"avgPrice","E":1,"s":"BTCUSDT","i":"5m","w":"2"}', "btcusdt@avgPrice"),
    (PARTIAL, "bnbbtc@depth5"),
    (PARTIAL, "bnbbtc@depth20@100ms"),
    ('{"e":"depthUpdate","E":1,"s":"BNBBTC","U":157,"u":160,"b":[],"a":[]}', "bnbbtc@depth"),
    ('{"e":"depthUpdate","E":1,"s":"BNBBTC","U":157,"u":160,"b":[]}', "bnbbtc@depth@100ms"),
    ('{"e":"referencePrice","s":"BAZUSD","r":"1.00","t":1}', "bazusd@referencePrice"),
    ('[{"e":"24hrMiniTicker","E":1,"s":"BNBBTC"},{"e":"24hrMiniTicker"}]', "!miniTicker@arr"),
    ('[{"e":"1hTicker","E":1,"s":"BNBBTC"}]', "!ticker_1h@arr"),
    ('{"e":"trade","E":1,"s":"这是测试币456"}', "这是测试币456@trade"),
    # Spacing and order are nobody's promise.
    ('{"s": "BNBBTC", "e": "trade"}', "bnbbtc@trade"),
    ('{ "k" : {"i":"1m","s":"BNBBTC"}, "s" : "BNBBTC", "e" : "kline" }', "bnbbtc@kline_1m"),
    ('{"s":"BNBUSDT","u":4,"b":"25","B":"31","a":"25","A":"40"}', "bnbusdt@bookTicker"),
    ('{ "bids":[],"lastUpdateId":160,"asks":[]}', "bnbbtc@depth5"),
]


@pytest.mark.parametrize(("payload", "channel"), SPOT_PAYLOADS)
def test_spot_payloads_on_a_raw_connection(payload: str, channel: str) -> None:
    others = ("ethbtc@trade", "ethbtc@depth@100ms", "ethbtc@bookTicker", "ethbtc@kline_1h", KEY)
    assert carried(BinanceSpot(), payload, *others, channel) == (channel, "stream")
    assert carried(BinanceSpot(), payload, channel) == (channel, "stream")


MARK = '{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"1","i":"2"}'
USDM_PAYLOADS = [
    ('{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":5}', "btcusdt@trade"),
    ('{"e":"aggTrade","E":1,"a":16599292,"s":"CTKUSDT"}', "ctkusdt@aggTrade"),
    ('{"e":"bookTicker","u":1,"s":"ETHUSDT","b":"2"}', "ethusdt@bookTicker"),
    ('{"e":"bookTicker","u":1,"s":"ETHUSDT","b":"2"}', "!bookTicker"),
    ('{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":2,"u":3,"pu":1}', "btcusdt@depth@0ms"),
    ('{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","ps":"X","U":2,"u":3}', "btcusdt@depth20"),
    ('{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":2,"u":3}', "btcusdt@rpiDepth@500ms"),
    (MARK, "btcusdt@markPrice"),
    (MARK, "btcusdt@markPrice@1s"),
    (f"[{MARK},{MARK}]", "!markPrice@arr@1s"),
    ('{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":"SELL"}}', "btcusdt@forceOrder"),
    ('{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":"SELL"}}', "!forceOrder@arr"),
    (
        '{"e":"continuous_kline","E":1,"ps":"BTCUSDT","ct":"PERPETUAL","k":{"t":1,"i":"1m"}}',
        "btcusdt_perpetual@continuousKline_1m",
    ),
    ('{"e":"contractInfo","E":1,"s":"BTCUSDT","ct":"PERPETUAL"}', "!contractInfo"),
    ('[{"e":"assetIndexUpdate","E":1,"s":"ADAUSD"}]', "!assetIndex@arr"),
    ('{"e":"EquityUpdate","E":1,"t":1,"T":2,"S":"REGULAR"}', "tradingSession"),
]


@pytest.mark.parametrize(("payload", "channel"), USDM_PAYLOADS)
def test_usdm_payloads_on_a_raw_connection(payload: str, channel: str) -> None:
    others = ("xrpusdt@trade", "xrpusdt@depth", "xrpusdt@bookTicker", "xrpusdt@kline_1h")
    assert carried(BinanceUsdm(), payload, *others, channel) == (channel, "stream")
    assert carried(BinanceUsdm(), payload, channel) == (channel, "stream")


@pytest.mark.parametrize(
    ("payload", "channels"),
    [
        (PARTIAL, ("bnbbtc@depth5", "ethbtc@depth5")),
        (KLINE, ("bnbbtc@kline_1m", "bnbbtc@kline_1m@+08:00")),
        ('{"e":"depthUpdate","s":"BNBBTC"}', ("bnbbtc@depth", "bnbbtc@depth@100ms")),
        ('{"e":"newKindOfEvent","s":"BNBBTC"}', ("bnbbtc@trade", "bnbbtc@depth")),
        ("not json", ("bnbbtc@trade",)),
        ('{"data":{"e":"trade","s":"BNBBTC"},"stream":"bnbbtc@trade"}', ("bnbbtc@trade",)),
        ('{"stream":"bnbbtc@trade","data":{"e":"trade"},"more":1}', ("bnbbtc@trade",)),
    ],
)
def test_what_could_be_two_channels_is_opaque(payload: str, channels: tuple[str, ...]) -> None:
    assert BinanceSpot().carried(raw(*channels), payload.encode()) == OPAQUE


def test_an_event_of_an_unknown_type_is_the_only_subscribed_stream() -> None:
    payload = '{"e":"newKindOfEvent","E":1,"s":"BNBBTC"}'
    assert carried(BinanceSpot(), payload, "bnbbtc@new") == ("bnbbtc@new", "stream")
    depth = '{"e":"depthUpdate","E":1,"s":"BNBBTC","U":1,"u":2}'
    assert carried(BinanceSpot(), depth, "bnbbtc@depth@50ms") == ("bnbbtc@depth@50ms", "stream")


def test_a_late_message_of_an_ended_subscription_is_not_given_to_another_stream() -> None:
    late = '{"e":"trade","E":1,"s":"BNBBTC","t":1}'
    assert carried(BinanceSpot(), late, "ethbtc@trade") == ("bnbbtc@trade", "stream")
    assert carried(BinanceSpot(), late, "bnbbtc@depth") == ("bnbbtc@trade", "stream")


@pytest.mark.parametrize(
    "payload",
    [
        '{"result":null,"id":1}',
        '{"result":["a@trade"],"id":"x"}',
        '{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":null}',
        '{"id":1,"result":null}',
        '{ "result" : null, "id" : 1 }',
        '{"code":2,"msg":"flat"}',
    ],
)
def test_replies_to_commands(payload: str) -> None:
    for subscription in (raw("a@trade"), raw(), Subscription(Role.STREAM, "/stream", {}, True)):
        assert BinanceSpot().carried(subscription, payload.encode()) == Carried(
            "", "reply", NO_ENVELOPE
        )


@pytest.mark.parametrize(
    ("message", "prefix", "suffix"),
    [
        ('{"stream":"a@trade","data":{"e":1}}', '{"stream":"a@trade","data":', "}"),
        ('{"stream":"a@trade","data":[{"e":1}]}', '{"stream":"a@trade","data":', "}"),
        ('{"stream": "a@trade", "data": {"e":1}}', '{"stream": "a@trade", "data": ', "}"),
        ('\n{ "stream":"a@trade","data" :{"e":1} }\n', '\n{ "stream":"a@trade","data" :', " }\n"),
        ('{"stream":"a@trade","data":{"e":1} }', '{"stream":"a@trade","data":', " }"),
    ],
)
def test_combined_messages_name_their_stream(message: str, prefix: str, suffix: str) -> None:
    found = BinanceSpot().carried(raw(), message.encode())
    assert found == Carried("a@trade", "stream", Envelope(prefix.encode(), suffix.encode()))


@pytest.mark.parametrize(
    ("venue", "event"),
    [
        (BinanceSpot(), '{"e":"executionReport","E":1,"s":"ETHBTC"}'),
        (BinanceSpot(), '{"e":"outboundAccountPosition","E":1,"u":1,"B":[]}'),
        (BinanceSpot(), '{"e":"listenKeyExpired","E":1,"listenKey":"x"}'),
        (BinanceUsdm(), '{"e":"ORDER_TRADE_UPDATE","T":1,"E":1,"o":{"s":"ACHUSDT"}}'),
        (BinanceUsdm(), '{"e": "ACCOUNT_UPDATE", "T": 1}'),
    ],
)
def test_private_events_belong_to_the_listen_key(venue: BinanceVenue, event: str) -> None:
    assert carried(venue, event, KEY) == (KEY, "user")
    assert carried(venue, event, "btcusdt@trade", KEY) == (KEY, "user")
    assert carried(venue, event) == ("", "user")
    combined = f'{{"stream":"{KEY}","data":{event}}}'.encode()
    assert venue.carried(raw(), combined)[:2] == (KEY, "user")


def test_the_ws_api() -> None:
    connection = Subscription(Role.WS_API, "/ws-api/v3", {})
    reply = b'{"id":1,"status":200,"result":{}}'
    event = b'{"subscriptionId":0,"event":{"e":"executionReport"}}'
    assert BinanceSpot().carried(connection, reply).kind == "reply"
    assert BinanceSpot().carried(connection, event) == Carried(
        "userDataStream", "user", NO_ENVELOPE
    )


class TestCaptures:
    pytestmark = capture

    @pytest.mark.parametrize(
        ("venue", "name"),
        [(BinanceSpot(), name) for name in SPOT] + [(BinanceUsdm(), name) for name in USDM],
    )
    def test_every_message_is_given_to_its_stream(self, venue: BinanceVenue, name: str) -> None:
        combined = Subscription(Role.STREAM, "/stream", {}, combined=True)
        everything = raw(*dict.fromkeys(stream for stream, _ in messages(name)))
        count = 0
        for stream, message in messages(name):
            found = venue.carried(combined, message)
            assert found[:2] == (stream, "stream"), message
            prefix, suffix = found.envelope
            payload = message[len(prefix) : -len(suffix)]
            assert prefix + payload + suffix == message
            assert venue.carried(everything, payload) == (stream, "stream", NO_ENVELOPE), payload
            count += 1
        assert count > 0

    def test_private_events(self) -> None:
        for _, message in messages("userstream_binance_lean"):
            is_wsapi = message.startswith(b'{"subscriptionId"')
            venue = BinanceSpot() if is_wsapi else BinanceUsdm()
            role = Role.WS_API if is_wsapi else Role.STREAM
            found = venue.carried(Subscription(role, "/private/ws", {KEY: None}), message)
            assert found.kind == "user", message
            assert found.name == ("userDataStream" if is_wsapi else KEY)
