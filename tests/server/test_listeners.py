import pytest

from replayx.errors import InvalidOption
from replayx.server.listeners import Listeners
from replayx.server.replay_options import ReplayOptions
from tests.fake_venue import FakeVenue

VENUES = {"one": FakeVenue(), "two": FakeVenue(), "three": FakeVenue()}


def ports(*given):
    return Listeners(VENUES, ReplayOptions(ports=given), None).ports()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((8080,), [8080, 8081, 8082]),
        ((8080, 9090), [8080, 9090, 9091]),
        ((0,), [0, 0, 0]),
        ((7, 8, 9), [7, 8, 9]),
    ],
)
def test_markets_have_the_ports_asked_for_and_the_ones_after(given, expected):
    assert ports(*given) == dict(zip(VENUES, expected, strict=True))


@pytest.mark.parametrize("given", [(1, 2, 3, 4), (65535,), (8080, 65535)])
def test_ports_that_there_are_not(given):
    with pytest.raises(InvalidOption, match="--port"):
        ports(*given)


async def test_a_port_that_is_taken_is_told():
    first = Listeners(VENUES, ReplayOptions(), None)
    try:
        told = await first.listen("one", 0)
        taken = int(told["rest"].rpartition(":")[2])
        second = Listeners(VENUES, ReplayOptions(), None)
        with pytest.raises(InvalidOption, match=f"{taken}.*in use"):
            await second.listen("two", taken)
        await second.stop()
    finally:
        await first.stop()
