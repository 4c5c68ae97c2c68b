"""Both markets as venues."""

from replayx.clock import NS_PER_S
from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import Venue


def test_the_markets_differ_in_data() -> None:
    spot, usdm = BinanceSpot(), BinanceUsdm()
    assert (spot.name, usdm.name) == ("binance-spot", "binance-usdm")
    assert (spot.wsapi_path, usdm.wsapi_path) == ("/ws-api/v3", "/ws-fapi/v1")
    timers = [
        (venue.liveness.ping_interval_ns, venue.liveness.pong_deadline_ns) for venue in (spot, usdm)
    ]
    assert timers == [(20 * NS_PER_S, 60 * NS_PER_S), (180 * NS_PER_S, 600 * NS_PER_S)]


def test_a_ping_carries_the_time() -> None:
    assert BinanceSpot().ping_payload(1723161255208) == b"1723161255208"


def test_nothing_of_the_protocol_is_left_out() -> None:
    methods = {name for name in dir(Venue) if callable(getattr(Venue, name)) and name[0] != "_"}
    assert len(methods) > 30
    left = {name for name in methods if getattr(BinanceVenue, name) is getattr(Venue, name)}
    assert left == set()
    assert all(hasattr(BinanceSpot(), name) for name in Venue.__annotations__)
