import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import UNTIMED, ChannelKind
from replayx.cassette.recovery import verify
from replayx.errors import InvalidCapture, LimitExceeded, WouldOverwrite
from replayx.recorder.exporter import export_capture
from replayx.recorder.importer import import_captures
from tests.recorder.captures import by_time, kept, message, read_capture, request, write_capture

STREAM = "wss://stream.binance.com:9443/stream"


def imported(tmp_path, *files, **options):
    paths = [
        write_capture(tmp_path / f"in{number}.ndjson", lines) for number, lines in enumerate(files)
    ]
    report = import_captures(paths, tmp_path / "out.rpx", **options)
    assert not verify(tmp_path / "out.rpx").is_damaged
    return report, CassetteReader(tmp_path / "out.rpx")


def round_trip(tmp_path, *files):
    _, reader = imported(tmp_path, *files)
    with reader:
        export_capture(reader, tmp_path / "back.ndjson", lambda _: None)
    return read_capture(tmp_path / "back.ndjson")


WRAPPED = '{"stream":"btcusdt@trade","data":{"e":"trade","E":1010,"s":"BTCUSDT"}}'
EVERY_FORM = [
    {"t": 1, "src": "ws", "ev": "open", "conn": "a", "url": STREAM + "?streams=x", "raw": ""},
    {"t": 2, "src": "ws", "ev": "sent", "conn": "a", "url": STREAM, "raw": '{"id":1}'},
    message(3, WRAPPED, conn="a", url=STREAM, stream="btcusdt@trade"),
    message(3, '{"result":null,"id":1}', conn="a", url=STREAM),
    {**message(4, None, conn="b"), "raw_b64": "AAEC/w=="},
    message(5, "Ⓢ \u2028 \x00 \"\\", conn="b", stream="named"),
    message(6, "", conn="other", url="wss://ws.nobody.test"),
    {"t": 7, "src": "ws", "ev": "ping", "conn": "b", "url": "wss://ws.nobody.test/x",
     "by": "venue", "raw": "17"},
    {"t": 8, "src": "ws", "ev": "pong", "conn": "b", "url": "wss://ws.nobody.test/x",
     "by": "client", "raw": "17"},
    {"t": 9, "src": "ws", "ev": "gap", "conn": "b", "url": "wss://ws.nobody.test/x",
     "stream": "named", "reason": "lost", "raw": ""},
    {"t": 9, "src": "ws", "ev": "closed", "conn": "b", "url": "wss://ws.nobody.test/x",
     "code": 1001, "reason": "bye", "by": "venue", "raw": ""},
    request(10, "https://api.binance.com/api/v3/depth?symbol=A&limit=5", status=200,
            resp_headers=[["X-A", "1"], ["x-a", "2"]], case="depth"),
    request(11, "https://testnet.binance.vision/api/v3/order?", method="POST", status=400,
            req_headers=[["K", "v"]], req_body="a=1&b=%20", raw='{"code":-1}', latency_ns=5),
    {**request(12, "https://nobody.test", raw=None), "raw_b64": "H4s="},
]  # fmt: skip


def test_an_export_gives_every_form_of_line_back(tmp_path):
    assert round_trip(tmp_path, EVERY_FORM) == EVERY_FORM


def test_lines_of_several_files_are_merged_by_time(tmp_path):
    first = [message(t, f"a{t}") for t in (1, 5, 9)]
    second = [message(t, f"b{t}") for t in (1, 2, 9, 10)]
    back = round_trip(tmp_path, first, second)
    assert [line["raw"] for line in back] == ["a1", "b1", "b2", "a5", "a9", "b9", "b10"]


def test_a_file_whose_times_go_back_is_sorted(tmp_path):
    lines = [message(t, str(number)) for number, t in enumerate((5, 3, 3, 9, 1))]
    assert [line["raw"] for line in round_trip(tmp_path, lines)] == ["4", "1", "2", "0", "3"]


def test_a_file_too_large_to_sort_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("replayx.recorder.importer.SORTED_CAPTURE_BYTES_MAX", 100)
    with pytest.raises(LimitExceeded, match="times go back"):
        imported(tmp_path, [message(5, "x"), message(4, "y")])
    assert not (tmp_path / "out.rpx").exists()


def test_lines_without_a_time_come_first_and_are_marked(tmp_path):
    report, reader = imported(tmp_path, [message(7, "b"), message(None, "a")])
    with reader:
        first, second = reader.batches()
    assert (first.flags, second.flags) == (UNTIMED, 0)
    assert (first.at, second.at) == ([7], [7])
    assert report.untimed_count == 1


def test_a_capture_without_any_time(tmp_path):
    lines = [message(None, "a", url=None), request(None, "https://x.test/")]
    assert [kept(line) for line in round_trip(tmp_path, lines)] == lines


def test_markets_and_hosts_come_from_the_urls(tmp_path):
    _, reader = imported(tmp_path, EVERY_FORM)
    with reader:
        markets = {market.name: market for market in reader.header.markets}
    assert list(markets) == ["binance-spot", "ws.nobody.test", "nobody.test"]
    assert markets["binance-spot"].hosts == {
        "ws": "wss://stream.binance.com:9443",
        "rest": "https://api.binance.com",
    }
    assert markets["binance-spot"].api_date


def test_channels_and_envelopes(tmp_path):
    _, reader = imported(tmp_path, EVERY_FORM)
    with reader:
        found = {
            (one.name, one.kind, one.connection, one.prefix, one.suffix)
            for one in reader.channels.values()
        }
        assert reader.header.redaction == "none"
        assert reader.header.origin == "imported"
    envelope = b'{"stream":"btcusdt@trade","data":'
    assert found == {
        ("btcusdt@trade", ChannelKind.STREAM, 1, envelope, b"}"),
        ("", ChannelKind.REPLY, 1, b"", b""),
        ("", ChannelKind.OPAQUE, 2, b"", b""),
        ("named", ChannelKind.STREAM, 2, b"", b""),
        ("", ChannelKind.OPAQUE, 3, b"", b""),
    }


def test_a_raw_connection_is_attributed_by_its_venue(tmp_path):
    url = "wss://stream.binance.com:9443/ws/btcusdt@trade"
    _, reader = imported(tmp_path, [message(1, '{"e":"trade","E":5,"s":"BTCUSDT"}', url=url)])
    with reader:
        (channel,) = reader.channels.values()
    assert (channel.name, channel.kind, channel.prefix) == (
        "btcusdt@trade",
        ChannelKind.STREAM,
        b"",
    )


def test_what_a_client_subscribes_to_is_followed(tmp_path):
    url = "wss://stream.binance.com:9443/ws"
    subscribe = '{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}'
    lines = [
        {"t": 1, "src": "ws", "ev": "sent", "conn": "a", "url": url, "raw": subscribe},
        message(2, '{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}', conn="a", url=url),
    ]
    _, reader = imported(tmp_path, lines)
    with reader:
        assert [one.name for one in reader.channels.values()] == ["btcusdt@bookTicker"]


def test_a_connection_opened_again_is_another(tmp_path):
    opened = EVERY_FORM[0]
    lines = [opened, message(2, "x", conn="a", url=STREAM), {**opened, "t": 3},
             message(4, "y", conn="a", url=STREAM)]  # fmt: skip
    _, reader = imported(tmp_path, lines)
    with reader:
        assert [one.connection for one in reader.channels.values()] == [1, 2]


def test_the_clock_offset_is_the_median_over_the_first_lines(tmp_path):
    lines = [
        message(t * 1_000_000, WRAPPED.replace("1010", str(1010 + t)), url=STREAM,
                stream="btcusdt@trade")
        for t in (1, 2, 3)
    ]  # fmt: skip
    report, reader = imported(tmp_path, [*lines, message(4_000_000, WRAPPED, url=STREAM)])
    with reader:
        assert reader.header.clock_offset_ns == report.clock_offset_ns == 1_010_000_000


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ([], "in0.ndjson"),
        ([message(1, "x"), {"t": 2}], "in0.ndjson:2"),
        ([message(1, "x"), {**message(2, "x"), "ev": "?"}], "in0.ndjson:2:ev"),
        ([{"t": 1, "src": "ws", "conn": "a", "url": "wss://a", "raw": ""}], "without `ev`"),
    ],
)
def test_a_capture_that_is_not_one_leaves_nothing(tmp_path, lines, where):
    with pytest.raises(InvalidCapture) as caught:
        imported(tmp_path, lines)
    assert where in str(caught.value)
    assert not (tmp_path / "out.rpx").exists()


def test_an_existing_cassette_is_left_alone(tmp_path):
    (tmp_path / "out.rpx").write_bytes(b"precious")
    with pytest.raises(WouldOverwrite):
        imported(tmp_path, EVERY_FORM)
    assert (tmp_path / "out.rpx").read_bytes() == b"precious"


@pytest.mark.capture
@pytest.mark.parametrize(
    "name",
    [
        "ws/cryptofeed_bybit",
        "ws/cryptofeed_binance",
        "ws/cryptofeed_binance_futures",
        "ws/cryptofeed_huobi",
        "ws/cryptofeed_kraken",
        "ws/cryptofeed_bitstamp",
        "ws/messages_crypto_msg_parser",
        "rest/binance_ex_binance",
        "rest/binance_gocryptotrader",
        "rest/vcr_cryptoexchange",
        "rest/derivatives_exvcr",
        "rest/oanda_v1_vcr",
    ],
)
def test_an_export_of_an_import_is_the_capture(captures, tmp_path, name):
    source = captures / f"{name}.ndjson.zst"
    import_captures([source], tmp_path / "a.rpx")
    with CassetteReader(tmp_path / "a.rpx") as reader:
        export_capture(reader, tmp_path / "back.ndjson.zst", lambda _: None)
    expected = by_time(read_capture(source))
    found = read_capture(tmp_path / "back.ndjson.zst")
    assert [kept(line) for line in found] == [kept(line) for line in expected]
