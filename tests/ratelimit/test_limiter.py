"""The limiter, against one that scans a log of everything, and by hand."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from replayx.ratelimit.limiter import Limiter, Payer, Refused
from tests.ratelimit.oracle import LogScan
from tests.ratelimit.rules import ORDER, ORDERS, RULES, WEIGHT, S, weighing

ANNA = Payer("anna", "key 1")
BERT = Payer("bert", "key 2")


def test_what_fits_is_let_through_and_the_next_is_not():
    limiter = Limiter(RULES)
    assert limiter.take(weighing(10), ANNA, 0) is None
    assert limiter.take(weighing(1), ANNA, 1) == Refused(WEIGHT, 60 * S)
    assert limiter.take(weighing(1), BERT, 1) is None
    assert limiter.take(weighing(1), ANNA, 60 * S) is None


def test_what_is_refused_counts_all_the_same():
    limiter = Limiter(RULES)
    limiter.take(weighing(9), ANNA, 0)
    limiter.take(weighing(9), ANNA, 0)
    assert [usage.used for usage in limiter.usages(ANNA, 0)] == [18, 0, 2]


def test_orders_count_when_they_are_done_for_their_account():
    limiter = Limiter(RULES)
    for _ in range(2):
        assert limiter.take(ORDER, ANNA, 0) is None
        limiter.settle(ORDER, ANNA, 0, is_refused=False)
    assert limiter.take(ORDER, ANNA, 1) == Refused(ORDERS, 10 * S)
    assert limiter.take(ORDER, ANNA._replace(account="key 9"), 1) is None
    assert limiter.usages(ANNA, 1)[1].used == 2


def test_orders_that_are_refused_cost_weight_and_no_order():
    limiter = Limiter(RULES)
    limiter.take(ORDER, ANNA, 0)
    limiter.settle(ORDER, ANNA, 0, is_refused=True)
    assert [usage.used for usage in limiter.usages(ANNA, 0)] == [1, 0, 1]


def test_the_dialogue_from_429_to_418_and_back():
    limiter = Limiter(RULES)
    limiter.take(weighing(10), ANNA, 0)
    refused = [limiter.take(weighing(1), ANNA, second * S) for second in (1, 2, 3, 4)]
    assert [one.rule for one in refused] == [WEIGHT, WEIGHT, None, None]
    assert refused[3].until_ns == refused[2].until_ns == 123 * S
    assert limiter.take(weighing(1), ANNA, 122 * S) == Refused(None, 123 * S)
    assert limiter.take(weighing(1), BERT, 5 * S) is None
    assert limiter.take(weighing(1), ANNA, 123 * S) is None


def test_other_limits_go_on_with_the_counts_of_the_same_windows():
    limiter = Limiter(RULES)
    limiter.take(weighing(8), ANNA, 0)
    tighter = msgspec.structs.replace(WEIGHT, limit=9)
    other = Limiter(msgspec.structs.replace(RULES, limits=(tighter,)))
    other.take_over(limiter)
    assert other.take(weighing(1), ANNA, 0) is None
    assert other.take(weighing(1), ANNA, 0) == Refused(tighter, 60 * S)


CHARGES = st.one_of(st.integers(0, 6).map(weighing), st.just(ORDER))
STEPS = st.lists(st.tuples(st.integers(0, 90 * S), CHARGES, st.booleans()), min_size=1, max_size=60)


@settings(max_examples=300)
@given(STEPS, st.integers(0, 10**15), st.integers(0, 10**15))
def test_it_decides_as_a_scan_of_the_log_does(steps, start_ns, offset_ns):
    limiter, oracle = Limiter(RULES, offset_ns=offset_ns), LogScan(RULES, offset_ns)
    now_ns = start_ns
    for pause_ns, charge, is_refused in steps:
        now_ns += pause_ns
        refused = limiter.take(charge, ANNA, now_ns)
        told = oracle.take(charge, now_ns)
        kind = None if refused is None else "ban" if refused.rule is None else "limit"
        assert (kind, refused and refused.until_ns) == (told or (None, None))
        if refused is None:
            limiter.settle(charge, ANNA, now_ns, is_refused=is_refused)
            oracle.settle(charge, now_ns, is_refused=is_refused)
        used = [usage.used for usage in limiter.usages(ANNA, now_ns)]
        assert used == [oracle.used(rule, now_ns) for rule in RULES.limits]
        assert limiter.banned_until_ns("anna", now_ns) == oracle.banned_until_ns(now_ns)
