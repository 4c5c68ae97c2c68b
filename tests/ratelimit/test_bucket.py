"""Token buckets: so many a second, so many at once."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.ratelimit.bucket import Bucket
from tests.ratelimit.rules import S


@pytest.mark.parametrize(("per_s", "burst"), [(5, 5), (10, 15), (1, 1), (3, 2)])
def test_a_burst_passes_and_nothing_more(per_s, burst):
    bucket = Bucket(per_s, burst)
    assert [bucket.take(7 * S) for _ in range(burst + 2)] == [True] * burst + [False] * 2


def test_a_token_comes_back_in_time():
    bucket = Bucket(4, 1)
    assert bucket.take(0)
    assert not bucket.take(S // 4 - 1)
    assert bucket.take(S // 4)


def test_what_is_refused_takes_nothing():
    bucket = Bucket(1, 1)
    assert bucket.take(0)
    for at_ns in range(0, S, S // 10):
        assert not bucket.take(at_ns)
    assert bucket.take(S)


@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.lists(st.integers(0, 3 * S), min_size=1, max_size=80),
)
def test_it_is_the_bucket_of_the_textbook(per_s, burst, times):
    bucket, tokens, last_ns = Bucket(per_s, burst), Fraction(burst), 0
    for at_ns in sorted(times):
        tokens = min(Fraction(burst), tokens + Fraction((at_ns - last_ns) * per_s, S))
        last_ns = at_ns
        assert bucket.take(at_ns) == (tokens >= 1)
        tokens -= tokens >= 1
