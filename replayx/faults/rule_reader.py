"""A rule as a plan has it: read from its table, and written as one.

[[toxic]]
type = "latency"            # a toxic's, or a failure's of the venue
name = "slow"               # its own where there is none
delay = "50ms"              # every other key is an attribute of the toxic
where = { carrier = "ws" }
when = { from = "10s", probability = "10%" }
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from replayx.errors import InvalidPlan, ReplayxError
from replayx.faults.attributes import Duration, Ratio, write_attribute
from replayx.faults.conditions import parse_price_condition
from replayx.faults.document_reader import DocumentReader, is_near
from replayx.faults.failure_numbers import by_number, is_number
from replayx.faults.registry import load_toxic, toxic_names
from replayx.faults.rule import Rule, When, Where
from replayx.faults.targets import check_target
from replayx.faults.toxic import Toxic
from replayx.limits import FAULT_NTH_MAX, FAULT_NUMBER_MAX
from replayx.venues.venue import Venue

Venues = Mapping[str, Venue]

# The toxic that fails as the venue documents it: a failure's word in place of a type means it.
VENUE_FAILURE = "venue_failure"

_Number = Annotated[int, Meta(ge=1, le=FAULT_NUMBER_MAX)]
_Text = Annotated[str, Meta(max_length=256)]


class _WhenKey(NamedTuple):
    field: str
    kind: object


# What `when` may have -> the field of When.
WHEN_KEYS: Mapping[str, _WhenKey] = MappingProxyType(
    {
        "from": _WhenKey("from_ns", Duration),
        "until": _WhenKey("until_ns", Duration),
        "after": _WhenKey("after_ns", Duration),
        "for": _WhenKey("for_ns", Duration),
        "price": _WhenKey("price", _Text),
        "nth": _WhenKey("nth", Annotated[tuple[_Number, ...], Meta(max_length=FAULT_NTH_MAX)]),
        "every": _WhenKey("every", _Number),
        "first": _WhenKey("first", _Number),
        "times": _WhenKey("times", _Number),
        "probability": _WhenKey("probability", Ratio),
    }
)
WHERE_KEYS = tuple(Where.__struct_fields__)
# What is no attribute. The last three are Toxiproxy's.
RULE_KEYS = ("type", "name", "where", "when", "attributes", "toxicity", "stream")

_NAME = re.compile(r"[A-Za-z0-9](?:[\w. -]{0,62}[\w.-])?", re.ASCII)


def read_rule(written: object, where: str, venues: Venues, *, is_text: bool = False) -> Rule:
    """Return a rule from its table. Its name is "" if it has none. Raises InvalidPlan.

    venues: of the markets it may name, and whose failures may stand for a type. is_text: its
    values are text.
    """
    reader = DocumentReader(where, is_text)
    if not isinstance(written, dict):
        raise reader.problem(repr(written)[:60], expected="a table with a type")
    word = written.get("type")
    if isinstance(word, int) and not isinstance(word, bool):
        word = str(word)  # a failure's number
    if not isinstance(word, str):
        raise reader.problem("has no type", expected=f"one of {', '.join(toxic_names()[:3])} ...")
    reader = DocumentReader(f"{where} ({word[:64]})", is_text)
    kind, given = _kind_of(word, written, venues, reader)
    rule = Rule(
        name=_read_name(written.get("name", ""), reader),
        toxic=_read_toxic(kind, {**given, **_attributes(written, reader)}, reader),
        where=_read_where(written, reader),
        when=_read_when(written, reader),
    )
    _check_failure(rule, reader, venues)
    check_target(rule, reader, venues)
    return rule


def written_rule(rule: Rule) -> dict[str, object]:
    """Return a rule as its table, without what is as if it were not there."""
    table: dict[str, object] = {"type": rule.toxic.type, "name": rule.name}
    table |= _changed(rule.toxic)
    if where := _changed(rule.where):
        table["where"] = where
    if when := _written_when(rule.when):
        table["when"] = when
    return table


# ---- reading


def _kind_of(
    word: str, written: dict[str, object], venues: Venues, reader: DocumentReader
) -> tuple[type[Toxic], dict[str, object]]:
    """Return what a word means: a toxic, or a failure of a venue by its name or number."""
    if word in toxic_names():
        return load_toxic(word), {}
    if is_number(word):
        return load_toxic(VENUE_FAILURE), {"failure": _numbered(word, written, venues, reader)}
    failures = {one for venue in venues.values() for one in venue.failures}
    if word in failures:
        return load_toxic(VENUE_FAILURE), {"failure": word}
    words = {*toxic_names(), *failures}
    if not is_near(word, words):
        words = set(toxic_names())  # the better examples
    raise reader.unknown(word, words, "type", hint="`replayx faults list` shows them all")


def _numbered(
    number: str, written: dict[str, object], venues: Venues, reader: DocumentReader
) -> str:
    """Return the failure that has a number: of the rule's market, else of the first that has it."""
    where = written.get("where")
    market = where.get("market") if isinstance(where, dict) else None
    own = venues.get(market) if isinstance(market, str) else None
    meant = list(venues.values()) if own is None else [own]
    words = by_number(one for venue in meant for one in venue.failures.values())
    if number not in words:
        listed = ", ".join(sorted(words, key=int, reverse=True))
        hint = "`replayx faults list` shows what has which number"
        raise reader.problem(f"no failure has the number {number}", expected=listed, hint=hint)
    return words[number]


def _attributes(written: dict[str, object], reader: DocumentReader) -> dict[str, object]:
    """Return the attributes: the other keys, and those in the table Toxiproxy has for them."""
    nested = written.get("attributes", {})
    if not isinstance(nested, dict):
        raise reader.at("attributes").problem(repr(nested)[:60], expected="a table")
    plain = {key: value for key, value in written.items() if key not in RULE_KEYS}
    if twice := sorted(plain.keys() & nested.keys()):
        raise reader.problem(f"{twice[0]!r} is given twice", expected="once")
    return {**nested, **plain}


def _check_failure(rule: Rule, reader: DocumentReader, venues: Venues) -> None:
    """Check that a failure is one that the rule's market, or any, documents. Raises InvalidPlan."""
    word, market = getattr(rule.toxic, "failure", ""), rule.where.market
    if not isinstance(word, str) or not word or (market and market not in venues):
        return
    meant = [venues[market]] if market else list(venues.values())
    words = {one for venue in meant for one in venue.failures}
    if word not in words:
        raise reader.at("failure").unknown(
            word, words or ("none",), "failure", hint="`replayx faults list` shows them all"
        )


def _read_name(written: object, reader: DocumentReader) -> str:
    if written == "" or (isinstance(written, str) and _NAME.fullmatch(written)):
        return str(written)
    raise reader.at("name").problem(
        repr(written)[:80], expected="up to 64 letters, digits, spaces and any of _ . -"
    )


def _read_toxic(kind: type[Toxic], written: dict[str, object], reader: DocumentReader) -> Toxic:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in written:
        if key not in fields:
            raise _unknown_attribute(str(key), tuple(fields), reader)
    values = {key: reader.at(key).value(fields[key].type, value) for key, value in written.items()}
    missing = [name for name, field in fields.items() if field.required and name not in values]
    if missing:
        raise reader.problem(f"has no {missing[0]!r}, which it needs")
    try:
        return kind(**values)
    except (ValueError, ReplayxError) as problem:  # attributes that don't go together
        raise reader.problem(str(problem)) from problem


def _unknown_attribute(
    key: str, attributes: tuple[str, ...], reader: DocumentReader
) -> InvalidPlan:
    """Return the error for a key that is no attribute; it may stand one table too high."""
    for table, keys in (("when", tuple(WHEN_KEYS)), ("where", WHERE_KEYS)):
        if key in keys:
            return reader.problem(f"the key {key!r}", expected=f"it inside of {table!r}")
    if is_near(key, (*attributes, *RULE_KEYS[:4])):
        return reader.unknown(key, (*attributes, *RULE_KEYS[:4]), "attribute")
    return reader.unknown(key, attributes or ("none",), "attribute")


def _read_where(written: dict[str, object], reader: DocumentReader) -> Where:
    table = dict(reader.at("where").table(written.get("where", {}), WHERE_KEYS))
    if "stream" in written:
        table.setdefault("direction", written["stream"])
    kinds = {field.name: field.type for field in msgspec.structs.fields(Where)}
    values = {}
    for key, value in table.items():
        inside = reader.at(f"where.{key}")
        kind = _Number if key == "connection" else kinds[key]
        values[key] = inside.value(_Text if kind is str else kind, value)
    return msgspec.convert(values, Where)


def _read_when(written: dict[str, object], reader: DocumentReader) -> When:
    table = dict(reader.at("when").table(written.get("when", {}), WHEN_KEYS))
    if "toxicity" in written:
        table.setdefault("probability", written["toxicity"])
    if isinstance(table.get("nth"), int):
        table["nth"] = [table["nth"]]
    values: dict[str, object] = {}
    for key, value in table.items():
        values[WHEN_KEYS[key].field] = _plain(
            reader.at(f"when.{key}").value(WHEN_KEYS[key].kind, value)
        )
    when = msgspec.structs.replace(When(), **values)
    _check_window(when, reader)
    if when.price:
        condition = parse_price_condition(when.price, f"{reader.where}: when.price")
        return msgspec.structs.replace(when, price=condition.text)
    return when


def _plain(value: object) -> object:
    """Return a value as a rule has it: without the unit it was written in."""
    if isinstance(value, Duration):
        return int(value)
    return float(value) if isinstance(value, Ratio) else value


def _check_window(when: When, reader: DocumentReader) -> None:
    if when.until_ns is not None and when.until_ns <= when.from_ns:
        raise reader.at("when.until").problem(
            repr(Duration(when.until_ns).text),
            expected=f"a time after from, {Duration(when.from_ns).text}",
        )
    if when.for_ns == 0:
        raise reader.at("when.for").problem("'0s'", expected="a duration above 0")


# ---- writing


def _changed(struct: msgspec.Struct) -> dict[str, object]:
    """Return the fields of a struct that are not as they are without being given."""
    return {
        field.name: _written(value)
        for field in msgspec.structs.fields(struct)
        if (value := getattr(struct, field.name)) != _default(field)
    }


def _written(value: object) -> object:
    written = msgspec.to_builtins(value, enc_hook=write_attribute)
    return list(written) if isinstance(written, tuple) else written


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _written_when(when: When) -> dict[str, object]:
    changed = _changed(when)
    return {
        key: _with_unit(changed[one.field], one.kind)
        for key, one in WHEN_KEYS.items()
        if one.field in changed
    }


def _with_unit(value: object, kind: object) -> object:
    return Duration(value).text if kind is Duration and isinstance(value, int) else value
