from replayx.faults.link import Carrier, Direction
from replayx.faults.rule import NO_PLAN
from tests.faults.plumbing import LINK, S, columns, injector_of, plan_of, texts_of

LOSS = {"type": "loss", "rate": 0.5}
NTH = {"type": "loss", "name": "nth", "rate": 1, "when": {"nth": [2]}}


def lost(pipeline, log, rule="loss", count=200):
    messages = columns(["x"] * count, [0] * count)
    pipeline.stream(messages, lambda _: 0, is_tape_time=False)
    return [(one.first, one.last) for one in log.entries() if one.rule == rule]


def test_where_no_rule_can_act_there_is_no_pipeline():
    injector = injector_of({**LOSS, "where": {"connection": 2}})
    assert injector.pipeline(LINK, opened_ns=0) is None
    assert injector.pipeline(LINK._replace(connection=2), opened_ns=0) is not None
    rest = LINK._replace(carrier=Carrier.REST, connection=0)
    assert injector.pipeline(rest, opened_ns=0) is None


def test_one_rule_more_moves_no_other():
    alone, both = injector_of(LOSS), injector_of(NTH, LOSS, {"type": "duplicate"})
    assert lost(alone.pipeline(LINK, opened_ns=0), alone.log) == lost(
        both.pipeline(LINK, opened_ns=0), both.log
    )


def test_a_rule_that_comes_late_decides_as_if_it_had_been_there():
    whole, late = injector_of(LOSS), injector_of()
    all_of_it = lost(whole.pipeline(LINK, opened_ns=0), whole.log)
    late.replace(plan_of(LOSS), 0)
    pipeline = late.pipeline(LINK, opened_ns=0, index=100)
    some = lost(pipeline, late.log, count=100)
    expected = {k for first, last in all_of_it for k in range(first, last + 1) if k >= 100}
    assert {k for first, last in some for k in range(first, last + 1)} == expected


def test_a_rule_that_stays_goes_on_counting():
    injector = injector_of(NTH)
    pipeline = injector.pipeline(LINK, opened_ns=0)
    lost(pipeline, injector.log, "nth", 1)
    injector.replace(plan_of(LOSS, NTH), 5)
    injector.refit(pipeline, opened_ns=0, now_ns=0)
    assert lost(pipeline, injector.log, "nth", 3) == [(1, 1)]
    injector.replace(plan_of({**NTH, "when": {"nth": [1]}}), 5)
    injector.refit(pipeline, opened_ns=0, now_ns=0)
    assert lost(pipeline, injector.log, "nth", 2) == [(1, 1), (4, 4)]


def test_a_reset_goes_back_to_the_first_plan():
    injector = injector_of(LOSS)
    first = lost(injector.pipeline(LINK, opened_ns=0), injector.log)
    injector.replace(NO_PLAN, 0)
    assert injector.pipeline(LINK, opened_ns=0) is None
    injector.reset()
    assert injector.log.entries() == []
    assert lost(injector.pipeline(LINK, opened_ns=0), injector.log) == first


def test_a_plan_may_have_a_seed_of_its_own():
    injector = injector_of(LOSS, seed=5)
    assert injector.seed == 5
    injector.replace(plan_of(LOSS, seed=None), 0)
    assert injector.seed == 0


def test_control_messages_have_toxics_and_chance_of_their_own():
    injector = injector_of({"type": "latency", "jitter": "50ms"}, LOSS)
    pipeline = injector.pipeline(LINK, opened_ns=0)
    assert len(pipeline.running) == 3
    for _ in range(20):
        pipeline.control(0, b"\x81\x00", 0)
    with_control = lost(pipeline, injector.log)
    without = injector_of({"type": "latency", "jitter": "50ms"}, LOSS)
    assert lost(without.pipeline(LINK, opened_ns=0), without.log) == with_control
    assert len(b"".join(data for _, data in texts_of(pipeline.take(S)))) > 40


def test_upstream_is_another_link():
    injector = injector_of({**LOSS, "where": {"direction": "upstream"}})
    assert injector.pipeline(LINK, opened_ns=0) is None
    upstream = LINK._replace(direction=Direction.UPSTREAM)
    assert injector.pipeline(upstream, opened_ns=0) is not None
