import pytest

from replayx.errors import InvalidOption
from replayx.quantities import (
    bytes_text,
    duration_text,
    parse_bytes,
    parse_duration_ns,
    parse_instant_ns,
    time_text,
)

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10s", 10 * S), ("1.5m", 90 * S), ("1h30m", 5400 * S), ("250ms", S // 4),
        ("0s", 0), ("0.000000001s", 1), ("7ns", 7), ("3us", 3000), (" 1H ", 3600 * S),
        ("2d", 172_800 * S),
    ],
)  # fmt: skip
def test_durations(text, expected):
    assert parse_duration_ns(text) == expected


@pytest.mark.parametrize("text", ["", "10", "s", "10x", "-1s", "1s x", "1..5s", "1,5s"])
def test_what_is_no_duration(text):
    with pytest.raises(InvalidOption, match="duration"):
        parse_duration_ns(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("500B", 500),
        ("1kb", 1000),
        ("64KiB", 65536),
        ("1.5MiB", 3 << 19),
        ("1GiB", 1 << 30),
    ],
)
def test_sizes(text, expected):
    assert parse_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "GiB", "1 XB", "-1", "1e3"])
def test_what_is_no_size(text):
    with pytest.raises(InvalidOption, match="size"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1700000000", 1_700_000_000 * S),
        ("1700000000123", 1_700_000_000_123_000_000),
        ("1700000000123456", 1_700_000_000_123_456_000),
        ("1700000000123456789", 1_700_000_000_123_456_789),
        ("2023-11-14T22:13:20Z", 1_700_000_000 * S),
        ("2023-11-14T23:13:20.000001+01:00", 1_700_000_000_000_001_000),
        ("2023-11-14 22:13:20", 1_700_000_000 * S),
        ("90s", 5 + 90 * S),
    ],
)
def test_instants(text, expected):
    assert parse_instant_ns(text, 5) == expected


def test_for_people():
    assert [duration_text(ns) for ns in (0, S // 2, 346 * S, 86_397 * S)] == [
        "0s", "0.5s", "5m 46.0s", "23h 59m 57s",
    ]  # fmt: skip
    assert [bytes_text(n) for n in (0, 1023, 1024, 3 << 19, 1 << 40)] == [
        "0 bytes", "1023 bytes", "1.0 KiB", "1.5 MiB", "1.0 TiB",
    ]  # fmt: skip
    assert time_text(1_700_000_000_123_999_999) == "2023-11-14 22:13:20.123Z"
