import msgspec
import pytest

from replayx.cassette.ndjson import LineMaker, decode_line, split_url
from replayx.cassette.reader import CassetteReader
from replayx.errors import InvalidCapture
from tests.cassettes import START_NS, combined, write_small


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("wss://a.test:9443/stream?streams=x", ("wss://a.test:9443", "/stream?streams=x")),
        ("wss://a.test", ("wss://a.test", "")),
        ("wss://a.test/", ("wss://a.test", "/")),
        ("https://a.test?x=1", ("https://a.test", "?x=1")),
        ("", ("", "")),
    ],
)
def test_a_url_splits_and_joins(url, parts):
    assert split_url(url) == parts
    assert "".join(parts) == url


def test_a_line_of_the_documented_form():
    line = decode_line(
        b'{"t":5,"src":"ws","ev":"msg","conn":"c","url":"wss://a","raw":"\\u20ae","new":1}', "f", 1
    )
    assert (line.t, line.src, line.ev, line.conn, line.body) == (5, "ws", "msg", "c", "₮".encode())
    binary = decode_line(b'{"t":null,"src":"ws","url":null,"raw":null,"raw_b64":"AAH/"}', "f", 1)
    assert (binary.t, binary.raw, binary.body) == (None, None, b"\x00\x01\xff")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"not json", "f.ndjson:7"),
        (b"{}", "f.ndjson:7"),
        (b'{"t":"5","src":"ws","url":null,"raw":""}', "f.ndjson:7:t"),
        (b'{"t":-1,"src":"ws","url":null,"raw":""}', "f.ndjson:7:t"),
        (b'{"t":9223372036854775808,"src":"ws","url":null,"raw":""}', "f.ndjson:7:t"),
        (b'{"t":5,"src":"tcp","url":null,"raw":""}', "f.ndjson:7:src"),
        (b'{"t":5,"src":"ws","ev":"new","url":null,"raw":""}', "f.ndjson:7:ev"),
        (b'{"t":5,"src":"rest","url":"","resp_headers":[["a"]],"raw":""}', ":resp_headers[0]"),
        (b'{"t":5,"src":"ws","url":null,"raw":null,"raw_b64":"?"}', "f.ndjson:7:raw_b64"),
        (b'{"t":5,"src":"ws","url":null,"raw":"\xff"}', "f.ndjson:7"),
        (b'{"t":5,"x":' + b"[" * 100_000, "f.ndjson:7"),
    ],
)
def test_a_line_that_is_not_of_the_form_names_file_line_and_field(line, field):
    with pytest.raises(InvalidCapture, match=r"docs/reference/ndjson.md") as caught:
        decode_line(line, "f.ndjson", 7)
    assert field in str(caught.value)


def test_the_lines_of_the_small_cassette(tmp_path):
    with CassetteReader(write_small(tmp_path / "a.rpx")) as reader:
        maker = LineMaker(reader.header, reader.channels)
        lines = [
            msgspec.json.decode(line) for batch in reader.batches() for line in maker.lines(batch)
        ]
    stream = "wss://ws.alpha.test:9443/stream"
    assert [(line["src"], line.get("ev")) for line in lines[:9]] == [
        ("ws", "open"),
        ("ws", "sent"),
        ("ws", "msg"),
        ("ws", "msg"),
        ("ws", "msg"),  # the continued connection has no line
        ("ws", "msg"),
        ("ws", "ping"),
        ("ws", "pong"),
        ("rest", None),
    ]
    assert lines[0]["url"] == stream + "?streams=aaa@trade"
    assert lines[3] == {
        "t": START_NS + 2,
        "src": "ws",
        "ev": "msg",
        "conn": "c1",
        "url": stream,
        "stream": "aaa@trade",
        "raw": combined(0).decode(),
    }
    assert lines[4]["raw"] is None
    assert lines[4]["url"] == "wss://beta.test/ws"
    assert lines[8]["url"] == "https://api.alpha.test/api/thing?n=0"
    assert (lines[8]["latency_ns"], lines[8]["case"]) == (30_000_000, "case 0")
    assert [(line["ev"], line.get("code")) for line in lines[-4:-2]] == [
        ("gap", None),
        ("closed", 1001),
    ]


def test_text_that_is_not_utf_8_goes_as_bytes(tmp_path):
    from tests.tapes import batch, channel

    made = batch([(5, 0, b"\xff\xfe")])
    with CassetteReader(write_small(tmp_path / "a.rpx")) as reader:
        maker = LineMaker(reader.header, {0: channel(0, "x", market="alpha")})
    assert msgspec.json.decode(maker.message(made, 0))["raw_b64"] == "//4="
