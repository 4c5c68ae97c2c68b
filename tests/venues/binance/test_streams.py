"""Stream names."""

import pytest

from replayx.venues.binance.dialect import StreamNames
from replayx.venues.binance.streams import (
    SPOT_STREAMS,
    USDM_ROUTES,
    USDM_STREAMS,
    is_stream_name,
    is_user_channel,
    kind_of,
)

KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("btcusdt@trade", "trade"),
        ("btcusdt@depth", "depth"),
        ("btcusdt@depth20@100ms", "depth"),
        ("btcusdt@kline_1m@+08:00", "kline"),
        ("btcusdt_perpetual@continuousKline_1m", "continuousKline"),
        ("!ticker_4h@arr", "ticker"),
        ("!contractInfo", "contractInfo"),
        ("tradingSession", "tradingSession"),
        ("这是@trade", "trade"),
        (KEY, "user"),
    ],
)
def test_kind_of(name: str, kind: str) -> None:
    assert kind_of(name) == kind
    assert is_user_channel(name) == (kind == "user")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("0", False), ("49", False), ("", False), ("b@trade", True), ("!x", True), (KEY, True)],
)
def test_labels_in_a_path_are_no_streams(name: str, expected: bool) -> None:
    assert is_stream_name(name) == expected


@pytest.mark.parametrize("streams", [SPOT_STREAMS, USDM_STREAMS], ids=["spot", "usdm"])
def test_every_word_an_event_is_carried_under_exists(streams: StreamNames) -> None:
    assert {word for words in streams.by_event.values() for word in words} <= streams.words


def test_every_usdm_stream_has_one_route() -> None:
    names = [f"b@{word}" for word in USDM_STREAMS.words] + list(USDM_STREAMS.whole)
    for name in names:
        routes = [route for route, kinds in USDM_ROUTES.items() if kind_of(name) in kinds]
        assert len(routes) == 1, name
