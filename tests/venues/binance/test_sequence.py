"""Snapshots that join, gaps, and event times."""

import pytest

from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from tests.venues.binance.captures import SPOT, USDM, capture, lines, messages


def snapshot(last: int) -> bytes:
    return b'{"lastUpdateId":%d,"bids":[],"asks":[]}' % last


def diff(first: int, last: int, previous: int | None = None) -> bytes:
    pu = b"" if previous is None else b',"pu":%d' % previous
    return b'{"e":"depthUpdate","E":1,"s":"X","U":%d,"u":%d%b,"b":[],"a":[]}' % (first, last, pu)


@pytest.mark.parametrize(
    ("last", "diffs", "expected"),
    [
        (100, [], None),
        (100, [diff(90, 95)], None),
        (100, [diff(90, 100)], None),
        (100, [diff(90, 100), diff(101, 103)], True),
        (100, [diff(95, 105)], True),
        (100, [diff(90, 99), diff(100, 100), diff(101, 101)], True),
        (100, [diff(102, 105)], False),
        (100, [diff(90, 95), diff(102, 105)], False),
        (100, [snapshot(3), diff(95, 105)], True),
    ],
)
def test_spot_bridges(last: int, diffs: list[bytes], expected: bool | None) -> None:
    assert BinanceSpot().bridges(snapshot(last), diffs) is expected


@pytest.mark.parametrize(
    ("last", "diffs", "expected"),
    [
        (100, [], None),
        (100, [diff(90, 99, 80)], None),
        (100, [diff(90, 100, 80)], True),
        (100, [diff(90, 110, 80)], True),
        (100, [diff(105, 110, 100)], True),
        (100, [diff(105, 110, 103)], False),
        (100, [diff(90, 99, 80), diff(105, 110, 99)], False),
    ],
)
def test_usdm_bridges(last: int, diffs: list[bytes], expected: bool | None) -> None:
    assert BinanceUsdm().bridges(snapshot(last), diffs) is expected


def test_an_error_answer_joins_nothing() -> None:
    assert BinanceSpot().bridges(b'{"code":-1121,"msg":"Invalid symbol."}', []) is False


def trade(number: int) -> bytes:
    return b'{"e":"trade","E":1,"s":"X","t":%d,"T":5}' % number


def agg_trade(number: int) -> bytes:
    return b'{"e":"aggTrade","E":1,"a":%d,"s":"X","f":1,"l":2}' % number


BOOK = b'{"u":9,"s":"X","b":"1","B":"1","a":"2","A":"2"}'


@pytest.mark.parametrize(
    ("venue", "previous", "payload", "expected"),
    [
        (BinanceSpot(), diff(1, 5), diff(6, 9), False),
        (BinanceSpot(), diff(1, 5), diff(7, 9), True),
        (BinanceSpot(), diff(1, 5), diff(5, 9), True),
        (BinanceUsdm(), diff(1, 5, 0), diff(70, 90, 5), False),
        (BinanceUsdm(), diff(1, 5, 0), diff(6, 90, 6), True),
        (BinanceSpot(), trade(7), trade(8), False),
        (BinanceSpot(), trade(7), trade(9), True),
        (BinanceUsdm(), agg_trade(7), agg_trade(8), False),
        (BinanceUsdm(), agg_trade(7), agg_trade(9), True),
        (BinanceSpot(), BOOK, BOOK, False),
        (BinanceSpot(), diff(1, 5), BOOK, False),
        (BinanceSpot(), BOOK[:2], diff(1, 5), False),
    ],
)
def test_sequence_gap(venue: BinanceVenue, previous: bytes, payload: bytes, expected: bool) -> None:
    assert venue.sequence_gap(previous, payload) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"e":"trade","E":1672515782136,"s":"X"}', 1672515782136),
        (b'{"e":"trade", "E": 1672515782136}', 1672515782136),
        (b'{"e":"trade","E":1672515782136123,"s":"X"}', 1672515782136),
        (b'[{"e":"24hrMiniTicker","E":1672515782136}]', 1672515782136),
        (BOOK, None),
        (snapshot(1), None),
        (b'{"E":"text"}', None),
    ],
)
def test_event_time(payload: bytes, expected: int | None) -> None:
    assert BinanceSpot().event_time_ms(payload) == expected


class TestCaptures:
    pytestmark = capture

    @pytest.mark.parametrize(
        ("venue", "name"),
        [(BinanceSpot(), name) for name in SPOT] + [(BinanceUsdm(), name) for name in USDM],
    )
    def test_there_is_no_gap_and_every_snapshot_joins(self, venue: BinanceVenue, name: str) -> None:
        last: dict[str, bytes] = {}
        diffs: dict[str, list[bytes]] = {}
        for stream, message in messages(name):
            payload = message[message.index(b'"data":') + 7 : -1]
            if stream in last:
                assert not venue.sequence_gap(last[stream], payload), payload
            last[stream] = payload
            if "@depth" in stream:
                diffs.setdefault(stream.partition("@")[0].upper(), []).append(payload)
        assert last
        books = [line for line in lines(name) if line.src == "rest" and "/depth?" in line.url]
        for book in books:
            symbol = book.url.partition("symbol=")[2].partition("&")[0]
            assert book.raw is not None
            assert venue.bridges(book.raw.encode(), diffs[symbol]) is True, symbol

    def test_a_missing_message_is_a_gap(self) -> None:
        venue, name = BinanceSpot(), "binance_spot_20240723_nexousdt"
        diffs = [message for stream, message in messages(name) if "@depth" in stream]
        pairs = list(zip(diffs, diffs[2:], strict=False))
        assert pairs
        assert all(venue.sequence_gap(first, third) for first, third in pairs)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"serverTime":1499827319559}', 1499827319559),
        (b'{"serverTime":"soon"}', None),
        (b'{"code":-1003,"msg":"Too much"}', None),
        (b"<html>", None),
    ],
)
def test_the_time_in_an_answer(body, expected):
    assert BinanceSpot().server_time_ms(body) == expected
