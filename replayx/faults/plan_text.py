"""Plans as documents: TOML text, and the same as JSON (the control API) or as Python's tables.

seed = 7                    # left out: the run's own
[[toxic]]                   # one for each rule, see rule_reader
type = "latency"
delay = "50ms"
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from replayx.errors import InvalidPlan
from replayx.faults.document_reader import DocumentReader
from replayx.faults.rule import Plan, Rule
from replayx.faults.rule_reader import VENUE_FAILURE, Venues, read_rule, written_rule
from replayx.limits import FAULT_PLAN_BYTES_MAX, FAULT_RULES_MAX

_KEYS = ("seed", "toxic")
_Seed = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def parse_plan(text: str, where: str, *, venues: Venues) -> Plan:
    """Return the plan of a TOML text; `where` is what errors call it. Raises InvalidPlan."""
    if len(text) > FAULT_PLAN_BYTES_MAX:
        raise InvalidPlan(
            f"{len(text)} characters", expected=f"at most {FAULT_PLAN_BYTES_MAX}", where=where
        )
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InvalidPlan(f"not TOML: {problem}", where=where) from problem
    except RecursionError as problem:
        raise InvalidPlan("tables in tables without end", where=where) from problem
    return plan_from_document(document, where, venues=venues)


def plan_from_document(document: object, where: str, *, venues: Venues) -> Plan:
    """Return the plan of a document; `where` is what errors call it. Raises InvalidPlan.

    venues: of the markets that there are, by name. A rule may name one of them, and whatever one
    of them has among its failures.
    """
    reader = DocumentReader(where)
    table = reader.table(document, _KEYS)
    seed = reader.at("seed").value(_Seed | None, table.get("seed"))
    written = table.get("toxic", [])
    if not isinstance(written, list | tuple):
        raise reader.at("toxic").problem(
            repr(written)[:60], expected="a list of toxics: [[toxic]] in TOML"
        )
    if len(written) > FAULT_RULES_MAX:
        raise reader.problem(f"{len(written)} toxics", expected=f"at most {FAULT_RULES_MAX}")
    rules = [
        read_rule(one, f"{where}: toxic {number}", venues) for number, one in enumerate(written, 1)
    ]
    assert seed is None or isinstance(seed, int)
    return Plan(seed=seed, rules=named(rules, where))


def named(rules: Iterable[Rule], where: str) -> tuple[Rule, ...]:
    """Return rules with a name for each that has none: its type's, numbered if it is taken.

    Raises InvalidPlan.
    """
    rules = list(rules)
    taken: set[str] = set()
    for rule in rules:
        if rule.name in taken:
            raise InvalidPlan(
                f"two toxics are called {rule.name!r}", expected="a name for each", where=where
            )
        taken |= {rule.name} - {""}
    return tuple(
        rule if rule.name else msgspec.structs.replace(rule, name=_free_name(rule, taken))
        for rule in rules
    )


def joined(plans: Iterable[Plan]) -> Plan:
    """Return one plan of several: the rules of all, the seed of the last that has one.

    A name that an earlier plan has taken gets a number. Raises InvalidPlan for too many rules.
    """
    seed: int | None = None
    rules: list[Rule] = []
    taken: set[str] = set()
    for plan in plans:
        seed = seed if plan.seed is None else plan.seed
        for rule in plan.rules:
            is_free = rule.name and rule.name not in taken
            name = rule.name if is_free else _free_name(rule, taken)
            taken.add(name)
            rules.append(msgspec.structs.replace(rule, name=name))
    if len(rules) > FAULT_RULES_MAX:
        raise InvalidPlan(f"{len(rules)} toxics together", expected=f"at most {FAULT_RULES_MAX}")
    return Plan(seed=seed, rules=tuple(rules))


def plan_document(plan: Plan) -> dict[str, object]:
    """Return a plan as its document: what `plan_from_document` reads as the same plan."""
    document: dict[str, object] = {} if plan.seed is None else {"seed": plan.seed}
    document["toxic"] = [written_rule(rule) for rule in plan.rules]
    return document


def plan_toml(plan: Plan) -> str:
    """Return a plan as TOML text."""
    lines = [] if plan.seed is None else [f"seed = {plan.seed}", ""]
    for rule in plan.rules:
        lines.append("[[toxic]]")
        lines += [f"{_key(key)} = {_toml(value)}" for key, value in written_rule(rule).items()]
        lines.append("")
    return "\n".join(lines)


def _free_name(rule: Rule, taken: set[str]) -> str:
    """Return a name for a rule that is not taken, and take it."""
    plain = rule.name or _plain_name(rule)
    number, name = 1, plain
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name)
    return name


def _plain_name(rule: Rule) -> str:
    is_failure = rule.toxic.type == VENUE_FAILURE
    return str(getattr(rule.toxic, "failure", "")) if is_failure else rule.toxic.type


def _toml(value: object) -> str:
    match value:
        case Mapping():
            return (
                "{ " + ", ".join(f"{_key(key)} = {_toml(one)}" for key, one in value.items()) + " }"
            )
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            # JSON escapes what TOML wants escaped, but for DEL.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case _:
            return json.dumps(value)


def _key(key: object) -> str:
    text = str(key)
    return text if _BARE_KEY.fullmatch(text) else _toml(text)
