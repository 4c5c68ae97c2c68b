import pytest

from replayx.venues.binance.parameters import Parameters, Refused
from replayx.venues.binance.question import Question
from replayx.venues.binance.spot import SPOT
from replayx.venues.binance.usdm import USDM
from replayx.venues.venue import RequestKey
from tests.venues.binance.small_market import SmallMarket


def ask(dialect=SPOT, *, all_if_none=True, **given):
    key = RequestKey("GET", "/", tuple(sorted(given.items())))
    question = Question(dialect, Parameters(dialect, key), SmallMarket())
    return question.for_each(
        lambda question, symbol: None if symbol == "XRPUSDT" else symbol, all_if_none=all_if_none
    )


def test_one_is_an_object_and_more_are_a_list():
    assert ask(symbol="BTCUSDT") == "BTCUSDT"
    assert ask(symbols='["BTCUSDT"]') == ["BTCUSDT"]
    assert ask() == ["BTCUSDT", "ETHUSDT"]


def test_a_name_without_an_answer_leaves_it_all_open():
    assert ask(symbol="XRPUSDT") is None
    assert ask(symbols='["BTCUSDT","XRPUSDT"]') is None


def test_a_list_must_be_sent_where_there_are_no_answers_for_all():
    with pytest.raises(Refused) as caught:
        ask(all_if_none=False)
    assert caught.value.code == -1102


def test_futures_have_no_lists():
    assert ask(USDM, symbols='["BTCUSDT"]') == ["BTCUSDT", "ETHUSDT"]
