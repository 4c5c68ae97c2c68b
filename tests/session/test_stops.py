import msgspec
import pytest

from replayx.session.stops import Stop, StopAfter, StopAt, StopWhen


@pytest.mark.parametrize(
    ("stop", "told"),
    [
        (StopAt(5), {"type": "at", "at_ns": 5}),
        (StopAfter(3), {"type": "after", "messages": 3}),
        (
            StopWhen(price_crosses="1.5"),
            {"type": "when", "channel": "", "event": "", "price_crosses": "1.5"},
        ),
    ],
)
def test_a_stop_is_told_in_json_and_read_again(stop, told):
    data = msgspec.json.encode(stop)
    assert msgspec.json.decode(data) == told
    assert msgspec.json.decode(data, type=Stop) == stop
