import pytest

from replayx.market.book import ZEROS
from replayx.market.events import BookDelta, BookSnapshot, BookTop, Candle, MarkPrice, Ticker, Trade
from replayx.market.market_view import Increments
from replayx.market.step_pass import SAMPLE_COUNT, StepPass
from tests.market.fake_codec import delta
from tests.market.test_history import history
from tests.tapes import channel, source


def candle(price, volume):
    return Candle("X", 0, 9, price, price, price, price, volume, "1.0", 1, volume, "1.0")


@pytest.mark.parametrize(
    "event",
    [
        Trade("X", 1, "1.25", "0.3", 1, True),
        BookDelta("X", 1, 2, (("1.25", "0.3"), ("1.333", "0.0")), (), 1),
        BookDelta("X", 1, 2, (), (("1.25", "0.3"),), 1),
        BookSnapshot("X", 1, (), (("1.25", "0.3"),)),
        BookTop("X", 1, "", "", "1.25", "0.3"),
        candle("1.25", "0.3"),
        Ticker("X", 0, 9, "1.25", "1.25", "1.25", "1.25", "0.3", "1.0"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_whatever_has_prices_and_sizes_tells_steps(event):
    steps = StepPass()
    steps.take("X", [event])
    assert steps.found() == {"X": Increments("0.01", "0.1")}


def test_what_tells_no_size_tells_no_steps():
    steps = StepPass()
    steps.take("X", [MarkPrice("X", "1.25", "1.2", "", "", 0, 1), candle("1.25", "0.0")])
    steps.take("X", [])
    assert "0.0" in ZEROS
    assert steps.found() == {}
    assert steps.lacks("X")


def test_a_sample_is_looked_at():
    many = [Trade("X", k, "1.0", "1.0", k, True) for k in range(SAMPLE_COUNT)]
    steps = StepPass()
    steps.take("X", [*many, Trade("X", SAMPLE_COUNT, "1.25", "0.3", 1, True)])
    assert steps.found() == {"X": Increments("1.0", "1.0")}
    assert not steps.lacks("X")


def test_a_tape_of_quotes_alone_tells_steps():
    rows = [(k, 0, f"{k} {k}.25 0.3 {k}.50 0.2".encode()) for k in range(1, 4)]
    made = history([source([channel(0, "x@top")], rows)])
    assert made.at(0).increments("X") == Increments("0.01", "0.1")


def test_a_short_tape_of_a_book_tells_steps_of_either_side():
    rows = [(k, 0, delta(k, k, [], [(f"{k}.25", "0.3")])) for k in range(1, 4)]
    made = history([source([channel(0, "x@delta")], rows)])
    assert made.at(0).increments("X") == Increments("0.01", "0.1")
