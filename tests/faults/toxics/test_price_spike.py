"""price_spike: up, along, and back, in steps."""

from fractions import Fraction

import msgspec
import pytest

from replayx.faults.attributes import read_attribute
from replayx.faults.toxics.price_spike import PriceSpike
from replayx.market.distortion import NONE

S = 1_000_000_000


def path(**written):
    toxic = msgspec.convert(written, PriceSpike, dec_hook=read_attribute)
    return [(step.after_ns, step.distortion.price) for step in toxic.path()]


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ({"percent": 10, "rise": "2s", "hold": "3s", "fall": "1s", "step": "1s"},
         [(1 * S, "1.05"), (2 * S, "1.1"), (6 * S, "1")]),
        ({"percent": -50, "rise": "0s", "hold": "1s", "fall": "2s", "step": "1s"},
         [(0, "0.5"), (2 * S, "0.75"), (3 * S, "1")]),
        ({"factor": 0.1, "rise": "0s", "hold": "1s", "fall": "0s"}, [(0, "0.1"), (1 * S, "1")]),
    ],
)  # fmt: skip
def test_prices_go_there_and_back(written, steps):
    assert path(**written) == [(at, Fraction(factor)) for at, factor in steps]


def test_all_prices_go_together_and_sizes_stay():
    first, *_, last = PriceSpike().path()
    assert first.distortion.bid == first.distortion.ask == first.distortion.price > 1
    assert first.distortion.size == 1
    assert last.distortion == NONE


@pytest.mark.parametrize(
    "written", [{"percent": -100}, {"factor": 0}, {"percent": 10_001}, {"rise": 5}, {"depth": 1}]
)
def test_what_is_no_spike(written):
    with pytest.raises(msgspec.ValidationError):
        path(**written)
