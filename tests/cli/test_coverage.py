from pathlib import Path

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cli.coverage import AnswerRow, answers, gathered

DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"


@pytest.fixture(scope="module")
def rows():
    with CassetteReader(DEMO) as reader:
        return answers(reader)


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ("@trade", "recorded"),
        ("@kline_1m", "recorded"),
        ("@kline_*", "derived"),
        ("@depth20@1000ms", "derived"),
        ("depth", "recorded"),
    ],
)
def test_each_answer_comes_from_somewhere(rows, what, state):
    assert [row.state for row in rows if (row.what, row.symbol) == (what, "BTCUSDT")].count(state)


def test_what_cannot_be_answered_is_told(rows):
    assert any(row.state == "absent" for row in rows)


def test_rows_that_are_alike_are_gathered():
    rows = [
        AnswerRow("m", "B", "x", "absent"),
        AnswerRow("m", "A", "x", "derived"),
        AnswerRow("m", "A", "y", "derived"),
        AnswerRow("m", "A", "z", "recorded"),
    ]
    assert gathered(rows) == [
        ("m", "A", "recorded", "z"),
        ("m", "A", "derived", "x y"),
        ("m", "B", "absent", "x"),
    ]


def test_a_market_that_nobody_knows_answers_nothing():
    with CassetteReader(DEMO.with_name("golden-finished.rpx")) as reader:
        assert answers(reader) == []
