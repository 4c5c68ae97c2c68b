import pytest

from replayx.cli.fault_words import (
    attribute_words,
    narrow_bar,
    span_words,
    when_words,
    where_words,
)
from replayx.faults.shorthand import parse_fault
from tests.faults.plans import VENUES

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "attributes", "where", "when"),
    [
        ("latency:50ms", "delay=50ms", "everywhere", "always"),
        ("latency:50ms~5ms@up", "delay=50ms jitter=5ms", "upstream", "always"),
        (
            "loss:1%@ws@BTCUSDT,connection=2,from=10s,until=1m",
            "rate=0.01", "ws BTCUSDT connection 2", "from 10s until 1m",
        ),
        (
            "loss@a@b,after=5s,price=BTCUSDT<5,for=3s",
            "", "a@b", "5s after a connection began once BTCUSDT < 5 for 3s",
        ),
        ("waf@/x,nth=1+3,every=2", "failure=waf", "/x", "number 1 3, every 2nd"),
        ("waf,every=11,first=100", "failure=waf", "everywhere", "every 11th, of the first 100"),
        ("waf,every=23,times=2!5%", "failure=waf", "everywhere",
         "every 23rd, 5% of them, at most 2 times"),
    ],
)  # fmt: skip
def test_rules_in_words(text, attributes, where, when):
    rule = parse_fault(text, venues=VENUES)
    assert attribute_words(rule) == attributes
    assert where_words(rule) == where
    assert when_words(rule) == when


def test_windows_in_words():
    assert span_words(None, None) == "never"
    assert span_words(10 * S, 40 * S) == "10s - 40s"
    assert span_words(0, None) == "0s - end"


def test_a_narrow_bar_keeps_what_may_happen():
    assert narrow_bar("  -- -#- #") == " --##"
    assert narrow_bar("") == ""
