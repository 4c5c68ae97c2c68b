from replayx.faults.rule import NO_PLAN, Plan, Rule, When, Where
from replayx.faults.toxics.loss import Loss


def test_a_rule_acts_everywhere_and_always_unless_it_says_otherwise():
    rule = Rule(name="drops", toxic=Loss())
    assert (rule.where, rule.when) == (Where(), When())
    assert rule.where.direction == "downstream"
    assert rule.when.probability == 1.0


def test_rules_are_the_same_if_all_they_say_is():
    # Whether a rule goes on through a change of the plan is told by this.
    assert Rule(name="drops", toxic=Loss(rate=0.5)) == Rule(name="drops", toxic=Loss(rate=0.5))
    assert Rule(name="drops", toxic=Loss(rate=0.5)) != Rule(name="drops", toxic=Loss(rate=0.6))
    assert Plan() == NO_PLAN
