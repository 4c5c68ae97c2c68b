"""flash_crash: prices and sizes fall together, and recover."""

from fractions import Fraction

import msgspec
import pytest

from replayx.errors import InvalidOption
from replayx.faults.attributes import Ratio, read_attribute
from replayx.faults.toxics.flash_crash import FlashCrash
from replayx.market.distortion import NONE

S = 1_000_000_000


def test_prices_and_sizes_fall_and_recover():
    written = {
        "depth": "20%", "drop": "2s", "trough": "3s", "recovery": "2s", "thin": 0.5, "step": "1s",
    }  # fmt: skip
    toxic = msgspec.convert(written, FlashCrash, dec_hook=read_attribute)
    told = [(step.after_ns, step.distortion.price, step.distortion.size) for step in toxic.path()]
    assert told == [
        (at_s * S, Fraction(price), Fraction(size))
        for at_s, price, size in (
            (1, "0.9", "0.75"), (2, "0.8", "0.5"), (6, "0.9", "0.75"), (7, "1", "1")
        )
    ]  # fmt: skip
    assert toxic.path()[-1].distortion == NONE


def test_something_is_left_of_a_price():
    with pytest.raises(InvalidOption, match="100%"):
        FlashCrash(depth=Ratio(1)).path()
