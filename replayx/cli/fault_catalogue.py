"""The catalogue of faults: toxics, the failures that venues document, and presets."""

import inspect
from contextlib import suppress

import msgspec

from replayx.cli.plans import preset_summaries
from replayx.errors import InvalidPlan, ReplayxError
from replayx.faults.attributes import read_attribute, write_attribute
from replayx.faults.failure_numbers import by_number
from replayx.faults.registry import load_toxic, toxic_names
from replayx.faults.targets import acts_on
from replayx.faults.toxic import Toxic
from replayx.venues.fault_side import Failure
from replayx.venues.registry import load_venue, venue_names

# Written values of which every kind of attribute that has no words of its own takes one.
_SAMPLES = ("", "1", "1s", "1KB/s", ())


class AttributeRow(msgspec.Struct, frozen=True):
    """An attribute of a toxic. `default` None, and `required`: it has to be given."""

    name: str
    kind: str
    default: object
    required: bool


class ToxicRow(msgspec.Struct, frozen=True, kw_only=True):
    """A toxic as the catalogue has it."""

    type: str
    summary: str
    source: str
    stage: str
    acts_on: tuple[str, ...]
    attributes: tuple[AttributeRow, ...]

    @property
    def attribute_words(self) -> str:
        """The attributes with their defaults, in a line."""
        words = [
            one.name
            if one.required or one.default in (None, "", ())
            else f"{one.name}={one.default}"
            for one in self.attributes
        ]
        return " ".join(words) or "-"


class FailureRow(msgspec.Struct, frozen=True):
    """A failure as the catalogue has it."""

    word: str
    summary: str
    source: str
    status: int
    code: int | None


class Catalogue(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that a plan may name, and what other packages declare but cannot deliver."""

    toxics: tuple[ToxicRow, ...]
    failures: dict[str, tuple[FailureRow, ...]]
    presets: dict[str, str]
    broken: dict[str, str] = {}


def catalogue(market: str = "") -> Catalogue:
    """Return what there is, of one market's failures or of all. Raises UnknownMarket."""
    markets = (market,) if market else venue_names()
    toxics: list[ToxicRow] = []
    broken: dict[str, str] = {}
    for name in toxic_names():
        try:
            toxics.append(_row(load_toxic(name)))
        except InvalidPlan as problem:  # a stranger's package is no reason to show nothing
            broken[name] = str(problem)
    return Catalogue(
        tuple(toxics),
        {name: tuple(map(_failure, load_venue(name).failures.values())) for name in markets},
        preset_summaries(),
        broken,
    )


def described(word: str) -> str | None:
    """Return all there is to know of a toxic or a failure; None: it is neither."""
    if word in toxic_names():
        return _toxic_words(load_toxic(word))
    catalogues = {name: load_venue(name).failures for name in venue_names()}
    told = [
        f"{name}: {failures[meant].summary}\nstatus {failures[meant].status}, "
        f"code {failures[meant].code or 'none'}\nsource: {failures[meant].source}"
        for name, failures in catalogues.items()
        if (meant := by_number(failures.values()).get(word, word)) in failures
    ]
    return "\n\n".join(told) or None


def _failure(failure: Failure) -> FailureRow:
    return FailureRow(*failure)


def _row(kind: type[Toxic]) -> ToxicRow:
    return ToxicRow(
        type=kind.type,
        summary=_summary(kind),
        source=kind.source,
        stage=kind.stage.name.lower(),
        acts_on=_acts_on(kind),
        attributes=tuple(map(_attribute, msgspec.structs.fields(kind))),
    )


def _toxic_words(kind: type[Toxic]) -> str:
    row = _row(kind)
    lines = [f"{row.type}: {inspect.getdoc(kind) or ''}", ""]
    for one in row.attributes:
        default = "" if one.required else f" (default {_default_words(one.default)})"
        lines.append(f"  {one.name}: {one.kind}{default}")
    lines += ["", f"acts on: {'; '.join(row.acts_on)}", f"source: {row.source}"]
    return "\n".join(lines)


def _default_words(default: object) -> str:
    return "none" if default in (None, "", []) else str(default)


def _acts_on(kind: type[Toxic]) -> tuple[str, ...]:
    """Return what a toxic acts on, asked of one with its defaults."""
    fields = msgspec.structs.fields(kind)
    needed = {field.name: _sample(field.type) for field in fields if field.required}
    try:
        return tuple(acts_on(kind(**needed)))
    except (ValueError, TypeError, ReplayxError):  # samples that don't go together
        return ("what its attributes say",)


def _sample(kind: object) -> object:
    """Return any value of an attribute that has no default."""
    for written in _SAMPLES:
        with suppress(msgspec.ValidationError):
            return msgspec.convert(written, kind, strict=False, dec_hook=read_attribute)
    info = msgspec.inspect.type_info(kind)
    return info.values[0] if isinstance(info, msgspec.inspect.LiteralType) else None


def _attribute(field: msgspec.structs.FieldInfo) -> AttributeRow:
    default = None if field.required else field.default
    if not field.required and field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    written = msgspec.to_builtins(default, enc_hook=write_attribute)
    return AttributeRow(field.name, _kind_words(field.type), written, field.required)


def _kind_words(kind: object) -> str:
    """Return a type in the words of a plan: `duration`, `bit | truncate`, `int or none`."""
    info = msgspec.inspect.type_info(kind)
    return _info_words(info)


def _info_words(info: msgspec.inspect.Type) -> str:
    match info:
        case msgspec.inspect.Metadata():
            return _info_words(info.type)
        case msgspec.inspect.LiteralType():
            return " | ".join(map(str, info.values))
        case msgspec.inspect.EnumType():
            return " | ".join(str(one.value) for one in info.cls)
        case msgspec.inspect.UnionType():
            return " or ".join(map(_info_words, info.types))
        case msgspec.inspect.VarTupleType():
            return f"list of {_info_words(info.item_type)}"
        case msgspec.inspect.CustomType():
            return info.cls.__name__.lower()
        case _:
            return type(info).__name__.removesuffix("Type").lower()


def _summary(kind: type[Toxic]) -> str:
    """Return the first paragraph of a toxic's docstring, on one line."""
    text = inspect.getdoc(kind) or ""
    return " ".join(text.partition("\n\n")[0].split())
