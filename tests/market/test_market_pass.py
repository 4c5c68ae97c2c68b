import pytest
from hypothesis import given

from replayx.errors import DamagedCassette
from replayx.market.history import MarketHistory
from tests.market.fake_codec import FakeCodec, delta, trade
from tests.market.tapes_of_a_market import tapes
from tests.market.test_history import history
from tests.tapes import channel, source


@given(tapes(sources=2))
def test_every_message_is_in_one_segment(tape):
    sources, facts = tape
    made = MarketHistory("fake", sources, FakeCodec(), facts)
    passed = []
    made.build(passed.append)
    assert sum(passed) == sum(batch.count for one in sources for batch in one.batches(0))
    count = len(passed)
    assert made.build(passed.append).is_new
    assert len(passed) == count, "it is built once"


def test_quotes_and_tickers_are_not_decoded_in_passing():
    rows = [(k, k % 2, trade(k) if k % 2 == 0 else b"7 1 1 2 1") for k in range(10)]
    codec = FakeCodec()
    tape = source([channel(0, "x@trade"), channel(1, "x@top")], rows)
    made = MarketHistory("fake", [tape], codec)
    made.build()
    assert codec.calls == 5
    assert made.at(9).top("X").last_id == 7


@pytest.mark.parametrize("word", ["trade", "agg", "delta"])
def test_steps_are_those_of_the_texts(word):
    payloads = {
        "trade": [trade(k, f"{k}.25", "0.010") for k in range(1, 4)],
        "agg": [f"{k} {k} {k} {k}.25 0.010 5 m".encode() for k in range(1, 4)],
        "delta": [delta(k, k, [(f"{k}.25", "0.010"), ("9.00", "0.000")]) for k in range(1, 4)],
    }[word]
    rows = [(k, 0, payload) for k, payload in enumerate(payloads)]
    steps = history([source([channel(0, f"x@{word}")], rows)]).at(0).increments("X")
    assert (float(steps.price), float(steps.quantity)) == (0.01, 0.01)


class Torn:
    """A source whose second batch cannot be read."""

    def __init__(self, whole):
        self.__dict__.update(whole.__dict__)
        self._whole = whole

    def batches(self, from_ns):
        yield next(iter(self._whole.batches(from_ns)))
        raise DamagedCassette("a torn chunk", path="a.rpx", offset=7)

    def batch(self, ordinal):
        return self._whole.batch(ordinal)


def test_a_damaged_tape_is_known_up_to_the_damage():
    rows = [(k, 0, trade(k)) for k in range(1, 9)]
    tape = Torn(source([channel(0, "x@trade")], rows[:4], rows[4:]))
    made, warned = MarketHistory("fake", [tape], FakeCodec()), []
    made.build(warn=warned.append)
    assert [one.id for one in made.at(99).trades("X", 10)] == [1, 2, 3, 4]
    assert warned == ["the market is known up to the damage: a.rpx at byte 7: a torn chunk"]
