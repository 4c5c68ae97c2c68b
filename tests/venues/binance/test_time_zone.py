import pytest

from replayx.venues.binance.time_zone import zone_ms

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("0", 0),
        ("8", 8 * HOUR),
        ("+08:00", 8 * HOUR),
        ("-1:00", -HOUR),
        ("05:45", 5 * HOUR + 45 * 60_000),
        ("-0:30", -HOUR // 2),
        ("14:00", 14 * HOUR),
        ("-12", -12 * HOUR),
        *((bad, None) for bad in ("14:01", "-12:01", "", "x", "1:60", "100", "1:5", "UTC", "٣")),
    ],
)
def test_time_zones(text, offset):
    assert zone_ms(text) == offset
