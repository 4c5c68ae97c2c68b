import msgspec
import pytest

from replayx.cli.shrinking import Case, OutOfTries, Shrinker
from replayx.clock import NS_PER_S as S
from replayx.faults.rule import Rule, When
from replayx.faults.toxics.loss import Loss

NAMES = "abcdef"


def rules(names=NAMES, **when):
    return tuple(Rule(name=name, toxic=Loss(), when=When(**when)) for name in names)


def case(names=NAMES, **when):
    return Case(rules=rules(names, **when), from_ns=1000 * S, to_ns=1100 * S)


def shrunk(whole, fails, *, tries=1000):
    asked = []

    def ask(one):
        if len(asked) >= tries:
            raise OutOfTries
        asked.append(one)
        return fails(one)

    shrinker = Shrinker(whole, ask)
    return shrinker.shrink(), shrinker.is_done, asked


def names(one):
    return "".join(rule.name for rule in one.rules)


def test_rules_that_are_not_needed_go():
    found, is_done, _ = shrunk(case(), lambda one: {"b", "e"} <= set(names(one)))
    assert (names(found), is_done) == ("be", True)


def test_the_tape_is_as_short_as_it_still_fails():
    def fails(one):
        return one.from_ns <= 1040 * S and one.to_ns >= 1060 * S and one.rules

    found, _, _ = shrunk(case("a"), fails)
    assert 1038 * S <= found.from_ns <= 1040 * S
    assert 1060 * S <= found.to_ns <= 1062 * S


def acts_at(one, at_ns):
    """Say whether a case's only rule acts at a time of the tape."""
    when = one.rules[0].when
    until_ns = when.until_ns if when.until_ns is not None else 10_000 * S
    return one.from_ns + when.from_ns <= at_ns < one.from_ns + until_ns


def test_a_later_start_leaves_rules_where_they_acted():
    whole = case("a", from_ns=20 * S, until_ns=40 * S)

    def fails(one):
        return bool(one.rules) and acts_at(one, 1030 * S) and one.to_ns >= 1031 * S

    found, _, asked = shrunk(whole, fails)
    assert acts_at(found, 1030 * S)
    assert found.to_ns - found.from_ns < 5 * S
    when = found.rules[0].when
    assert when.until_ns - when.from_ns < 5 * S
    assert len(asked) < 60


def test_it_happens_as_seldom_as_it_still_fails():
    def fails(one):
        times = one.rules[0].when.times if one.rules else 0
        return times is None or times >= 3

    found, _, _ = shrunk(case("a"), fails)
    assert found.rules[0].when.times == 4
    found, _, _ = shrunk(case("a", times=3), fails)
    assert found.rules[0].when.times == 3


def test_without_any_rule_only_the_tape_is_made_shorter():
    found, _, _ = shrunk(case(), lambda one: one.to_ns >= 1010 * S)
    assert names(found) == ""
    assert found.to_ns < 1013 * S


def test_what_never_fails_again_stays():
    whole = case()
    found, is_done, _ = shrunk(whole, lambda one: one == whole)
    assert (found, is_done) == (whole, True)


@pytest.mark.parametrize("tries", [0, 1, 3, 7])
def test_the_smallest_so_far_is_kept_when_tries_run_out(tries):
    def fails(one):
        return "a" in names(one)

    found, is_done, asked = shrunk(case(), fails, tries=tries)
    assert (is_done, len(asked)) == (False, tries)
    assert fails(found)
    if tries >= 3:
        assert len(found.rules) < len(NAMES)


def test_rules_keep_their_names_and_attributes():
    whole = msgspec.structs.replace(case(), rules=rules("ab", probability=0.5))
    found, _, _ = shrunk(whole, lambda one: "a" in names(one))
    assert found.rules[0].name == "a"
    assert found.rules[0].when.probability == 0.5
