from hypothesis import given
from hypothesis import strategies as st

from replayx.market.sum_levels import SumLevels
from replayx.market.trade_sums import TradeSum, merged

STEPS = st.one_of(st.integers(0, 2), st.integers(0, 100), st.integers(0, 200_000))


def row(number, second):
    return TradeSum(
        second * 1000,
        second * 1000 + 9,
        0,
        number,
        number,
        1,
        number,
        number,
        number,
        number,
        3,
        5,
        2,
        1,
        3,
    )


@given(
    st.lists(STEPS, min_size=1, max_size=120),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 400_000), st.integers(0, 10**7))),
    st.integers(0, 120),
)
def test_a_span_is_the_sum_of_its_rows(steps, questions, cut):
    second, rows = 19_000_000, []
    for number, step in enumerate(steps):
        second += step
        rows.append(row(number, second))
    levels = SumLevels()
    levels.extend(rows[:cut])
    levels.between(0, 10**9, len(rows[:cut]))  # what is built early must go on well
    levels.extend(rows[cut:])
    for number, distance, length in questions:
        count, low = min(number, len(rows)), 19_000_000 + distance
        inside = [one for one in rows[:count] if low <= one.first_ms // 1000 < low + length]
        found = levels.between(low, low + length, count)
        assert (merged(found) if found else None) == (merged(inside) if inside else None)
    levels.replace([one._replace(volume=30) for one in rows])
    assert merged(levels.between(0, 10**9, len(rows))).volume == 30 * len(rows)


def test_long_spans_are_few_sums():
    levels = SumLevels()
    levels.extend([row(second, 19_008_000 + second) for second in range(3 * 86_400)])
    assert len(levels.between(0, 10**9, 3 * 86_400)) < 200
    assert len(levels.between(19_008_000, 19_008_000 + 86_400, 3 * 86_400)) == 1
