import pytest

from replayx.market.candles import CandleRows
from replayx.market.events import Candle
from replayx.market.instant import Instant
from replayx.market.interval import Interval
from replayx.market.told_candles import IntervalCandles, ToldCandles, digits_of_candles
from replayx.market.trade_sums import Digits
from tests.market.demo_tape import demo_tape, run_of

MINUTE = 60_000
FIELDS = ("start_ms", "end_ms", "open", "high", "low", "close", "volume", "quote_volume")
MORE = ("trade_count", "taker_volume", "taker_quote_volume")


def candle(number, *, last_id=-1, is_closed=True, close="1.00"):
    start_ms = number * MINUTE
    prices = ("1.0", "2.000", "1.00", close)
    sizes = ("3.0", "4.5", 1, "1.00", "2.0000")
    end_ms = start_ms + MINUTE - 1
    return Candle("AAABBB", start_ms, end_ms, *prices, *sizes, last_id, last_id, is_closed)


def told(*candles, told_ms=10**9, is_answer=False):
    return ToldCandles("1m", candles, told_ms, is_answer)


def minutes():
    return IntervalCandles(Interval.parse("1m"))


def test_digits_are_the_most_of_each_field():
    assert digits_of_candles([candle(0)]) == Digits(3, 2, 4)
    assert digits_of_candles([]) == Digits(0, 0, 0)


def test_versions_are_kept_run_by_run():
    known = minutes()
    for run, close in ((1, "1.00"), (1, "2.00"), (4, "3.00")):
        known.add(run, told(candle(0, is_closed=False, close=close)))
    closes = [known.open_version(0, run) for run in range(6)]
    texts = [one and one.candle.close for one in closes]
    assert texts == [None, None, "2.00", "2.00", "2.00", "3.00"]
    assert known.closed == {}


def test_a_stream_knows_the_ids_that_an_answer_does_not():
    known = minutes()
    known.add(1, told(candle(0), candle(1), is_answer=True))
    known.add(2, told(candle(0, last_id=7)))
    known.add(3, told(candle(0), is_answer=True))
    assert known.closed[0].last_id == 7


@pytest.mark.parametrize(("told_ms", "count"), [(2 * MINUTE, 1), (2 * MINUTE + 5_000, 2)])
def test_the_newest_row_of_an_answer_may_be_open(told_ms, count):
    known = minutes()
    known.add(0, told(candle(1), candle(0), told_ms=told_ms, is_answer=True))
    assert len(known.closed) == count
    assert known.starts == [0, MINUTE]


def test_spans_are_where_candles_follow_each_other():
    known = minutes()
    for number in (0, 1, 5, 3, 2, 9):
        known.add(0, told(candle(number)))
    spans = [(first // MINUTE, last // MINUTE) for first, last in known.spans()]
    assert spans == [(0, 3), (5, 5), (9, 9)]
    assert known.next_start(-1) == 0
    assert known.next_start(3 * MINUTE) == 5 * MINUTE
    assert known.next_start(9 * MINUTE) is None


# ---- the bundled demo: its candles, streamed and answered, were told from its trades


@pytest.fixture(scope="module")
def demo():
    return demo_tape()


def filled(told, *, candles=True):
    """Return a store with all that is told, and the trades by run."""
    runs = {}
    for at_ns, trade in told.trades:
        runs.setdefault(run_of(at_ns, told), []).append(trade)
    rows = CandleRows(told.trades[0][1].symbol, lambda run: runs[run])
    for run, trades in runs.items():
        rows.add_trades(run, trades)
    news = told.answers + told.candles if candles else []
    for at_ns, one in sorted(news, key=lambda row: row[0]):
        rows.add_candles(run_of(at_ns, told), one)
    return rows, runs


def fields(candle, *more):
    return {name: getattr(candle, name) for name in (*FIELDS, *MORE, *more)}


@pytest.mark.parametrize("market", ["binance-spot", "binance-usdm"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_streamed_candles_are_what_is_computed(demo, market, symbol):
    told = demo[market, symbol]
    rows, runs = filled(told)
    alone, _ = filled(told, candles=False)
    whole = compared = 0
    for at_ns, news in told.candles:
        (candle,) = news.candles
        run = run_of(at_ns, told)
        tail = [one for one in runs.get(run, ()) if one.id <= candle.last_id]
        if runs.get(run, ()) and not tail:
            continue  # told of before this run's first trade
        before = tuple(
            one for told_ns, one in told.candles if told_ns < at_ns and run_of(told_ns, told) == run
        )
        at = Instant(news.told_ms, run, 0, tail, before)
        at_start = {"start_ms": candle.start_ms, "end_ms": candle.start_ms}
        (found,) = rows.candles(news.interval, 1, at, **at_start)
        if candle.start_ms > told.trades[0][1].time_ms:
            assert fields(found, "first_id", "last_id") == fields(candle, "first_id", "last_id")
            (found,) = alone.candles(news.interval, 1, at, **at_start)
            assert fields(found) == fields(candle)
            whole += 1
        elif before:
            assert fields(found) == fields(candle)
            compared += 1
    assert whole > 20
    assert compared > 5


@pytest.mark.parametrize("market", ["binance-spot", "binance-usdm"])
def test_answered_candles_are_what_is_computed(demo, market):
    told = demo[market, "BTCUSDT"]
    rows, runs = filled(told)
    compared = 0
    for at_ns, answer in told.answers[:: len(told.answers) // 40 or 1]:
        run = run_of(at_ns, told)
        if run < 1:
            continue
        tail = [
            one for told_ns, one in told.trades if told_ns <= at_ns and one in runs.get(run, ())
        ]
        now_ms = at_ns // 1_000_000
        before = tuple(
            one
            for told_ns, one in told.candles
            if told_ns <= at_ns and run_of(told_ns, told) == run
        )
        at = Instant(now_ms, run, 0, tail, before)
        found = rows.candles(answer.interval, len(answer.candles), at)
        assert [one.start_ms for one in found] == [one.start_ms for one in answer.candles]
        assert [fields(one) for one in found[:-1]] == [fields(one) for one in answer.candles[:-1]]
        compared += len(found)
    assert compared > 1000
