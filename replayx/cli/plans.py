"""Plans of faults from where people keep them: files, presets, and words on the command line."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from replayx.cassette.reader import CassetteReader
from replayx.errors import InvalidPlan
from replayx.faults.document_reader import is_near, nearest
from replayx.faults.failure_numbers import is_number
from replayx.faults.plan_text import joined, parse_plan
from replayx.faults.registry import toxic_names
from replayx.faults.rule import Plan, Rule
from replayx.faults.shorthand import parse_fault
from replayx.limits import FAULT_PLAN_BYTES_MAX
from replayx.venues.registry import load_venue, venue_names
from replayx.venues.venue import Venue

_SUFFIX = ".toml"
# As many bits as people can read to each other.
_SEED_BITS = 32


def starting_plan(
    cassettes: Sequence[Path], plans: Sequence[str], faults: Sequence[str], seed: int | None
) -> tuple[Plan, int]:
    """Return the plan that a replay of these cassettes begins with, and the seed of its chance.

    A seed that is given goes before the plan's; without any a fresh one is drawn. Raises
    InvalidPlan, CassetteError.
    """
    venues = venues_of(cassettes) if plans or faults else {}
    plan = load_plans(plans, faults, venues=venues)
    if seed is None:
        seed = secrets.randbits(_SEED_BITS) if plan.seed is None else plan.seed
    return msgspec.structs.replace(plan, seed=None), seed


def venues_of(cassettes: Sequence[Path]) -> dict[str, Venue]:
    """Return the venues of the markets in these cassettes; without any, all there are.

    Raises CassetteError.
    """
    if not cassettes:
        return {name: load_venue(name) for name in venue_names()}
    names: dict[str, None] = {}
    for path in cassettes:
        with CassetteReader(path) as reader:
            names |= dict.fromkeys(market.name for market in reader.header.markets)
    known = venue_names()
    return {name: load_venue(name) for name in names if name in known}


def load_plans(plans: Iterable[str], faults: Iterable[str], *, venues: Mapping[str, Venue]) -> Plan:
    """Return one plan of all that is given: files or presets, then shorthands.

    Raises InvalidPlan.
    """
    return joined(
        [
            *(load_plan(one, venues=venues) for one in plans),
            *(Plan(rules=(_fault(one, venues),)) for one in faults),
        ]
    )


def _fault(text: str, venues: Mapping[str, Venue]) -> Rule:
    """Return the rule of a shorthand; who gives a preset is told where they go."""
    try:
        return parse_fault(text, venues=venues)
    except InvalidPlan as problem:
        if text not in dict(_presets()):
            raise
        hint = "It is a preset: give it with --faults, or to `replayx ctl faults set`"
        raise InvalidPlan(f"no fault is called {text!r}", hint=hint) from problem


def load_plan(name: str, *, venues: Mapping[str, Venue]) -> Plan:
    """Return the plan of a preset, or in a file. Raises InvalidPlan."""
    return parse_plan(plan_source(name), name, venues=venues)


def load_any(name: str, *, venues: Mapping[str, Venue]) -> Plan:
    """Return the plan of a preset, in a file, or of a shorthand. Raises InvalidPlan."""
    if name in dict(_presets()) or Path(name).suffix == _SUFFIX or Path(name).is_file():
        return load_plan(name, venues=venues)
    words = {*toxic_names(), *(word for venue in venues.values() for word in venue.failures)}
    if name in words or is_number(name) or any(sign in name for sign in ":@!,"):
        return load_plans((), (name,), venues=venues)
    return parse_plan(plan_source(name, words=words), name, venues=venues)


def plan_source(name: str, *, words: Iterable[str] = ()) -> str:
    """Return the text of a preset, or of a file. Raises InvalidPlan.

    words: what else the name may have been meant for.
    """
    presets = dict(_presets())
    if name in presets:
        return presets[name].read_text(encoding="utf-8")
    path = Path(name)
    is_word = path.suffix != _SUFFIX and path.name == name
    if not name or (is_word and not path.exists()):
        words = {*presets, *words}
        raise InvalidPlan(
            f"no preset and no file is called {name!r}",
            expected=nearest(name, words if is_near(name, words) else presets),
            hint="`replayx faults list` shows what there is",
        )
    return _read(path)


def preset_summaries() -> dict[str, str]:
    """Return what each preset does, by name: the comment that its file begins with."""
    return {name: _summary(file.read_text(encoding="utf-8")) for name, file in _presets()}


def _presets() -> Iterator[tuple[str, Traversable]]:
    folder = resources.files("replayx.faults") / "presets"
    for file in sorted(folder.iterdir(), key=_name):
        if file.name.endswith(_SUFFIX):
            yield file.name.removesuffix(_SUFFIX), file


def _name(file: Traversable) -> str:
    return file.name


def _summary(text: str) -> str:
    return text.partition("\n")[0].removeprefix("#").strip()


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            read = file.read(FAULT_PLAN_BYTES_MAX + 1)  # one more tells that there is more
    except OSError as error:
        raise InvalidPlan(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(read) > FAULT_PLAN_BYTES_MAX:
        raise InvalidPlan(
            "a plan that is too long",
            expected=f"at most {FAULT_PLAN_BYTES_MAX} bytes",
            where=str(path),
        )
    try:
        return read.decode()
    except UnicodeDecodeError as error:
        raise InvalidPlan(
            f"not UTF-8 text at byte {error.start}", expected="TOML", where=str(path)
        ) from error
