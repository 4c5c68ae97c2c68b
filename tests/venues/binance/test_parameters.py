import pytest

from replayx.venues.binance.parameters import Parameters, Refused
from replayx.venues.binance.spot import SPOT
from replayx.venues.venue import RequestKey

MINUTE_MS = 60_000


def parameters(**given):
    return Parameters(SPOT, RequestKey("GET", "/api/v3/x", tuple(sorted(given.items()))))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("1m", 1), ("59m", 59), ("1h", 60), ("23h", 1380), ("1d", 1440), ("7d", 10080)],
)
def test_windows(text, minutes):
    assert parameters(windowSize=text).window_ms() == minutes * MINUTE_MS


@pytest.mark.parametrize("text", ["0m", "60m", "24h", "8d", "1w", "m", "01m", "1m\n", "١m"])
def test_no_windows(text):
    with pytest.raises(Refused) as caught:
        parameters(windowSize=text).window_ms()
    assert caught.value.code == -1130


def test_the_usual_window_is_a_day():
    assert parameters().window_ms() == 1440 * MINUTE_MS


def test_times_may_be_microseconds():
    assert parameters(startTime="1700000000123456", endTime="1700000000124").times() == (
        1700000000123,
        1700000000124,
    )


@pytest.mark.parametrize("text", ["1.5", "-1", "1e3", "١", "1" * 21, " 1"])
def test_whole_numbers_only(text):
    with pytest.raises(Refused) as caught:
        parameters(limit=text).integer("limit")
    assert caught.value.code == -1100
