"""A run file's header: how a run was made, and the options that make it again."""

import hashlib
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from replayx import __version__
from replayx.errors import DamagedRunFile
from replayx.faults.plan_text import plan_document, plan_from_document
from replayx.faults.rule import NO_PLAN, Plan
from replayx.limits import MIB
from replayx.ratelimit.limits_document import (
    NO_LIMITS,
    Limits,
    limits_document,
    limits_from_document,
)
from replayx.server.deck import Deck
from replayx.server.replay_options import Instant, ReplayOptions
from replayx.session.clockwork import Regime
from replayx.session.pulse import Liveness
from replayx.session.run_entry import CassetteIdentity, RunHeader
from replayx.session.session import AtEnd, OnSeek
from replayx.venues.registry import load_venue

# What a cassette is known by: its size and both ends. At its end stands the index, with every
# chunk's place and times; to read gigabytes through would make a server start late.
_END_BYTES = 1 * MIB


def run_header(deck: Deck, options: ReplayOptions, *, timeline: str = "") -> RunHeader:
    """Return how a session that the deck just made is made again. Raises DamagedRunFile."""
    first_ns = deck.first_ns
    rebase: str | int | None = None
    if options.rebase_to is not None:
        rebase = "now" if options.rebase_to == "now" else options.rebase_to(deck.venue_start_ns())
    return RunHeader(
        replayx=__version__,
        timeline=timeline,
        cassettes=tuple(identity(reader.path) for reader in deck.readers),
        markets=tuple(deck.venues),
        built=tuple(name for name, one in deck.histories.items() if one.is_built),
        speed="max" if options.speed is None else str(options.speed),
        regime=options.regime.value,
        at_end=options.at_end.value,
        starts=options.starts,
        on_seek=options.on_seek.value,
        liveness=None if options.liveness is None else options.liveness.value,
        from_ns=None if options.from_at is None else options.from_at(first_ns),
        to_ns=None if options.to_at is None else options.to_at(first_ns),
        laps=options.laps,
        rebase=rebase,
        wall_offset_ns=deck.wall_offset_ns,
        skip_idle_ns=options.skip_idle_ns,
        roll_call=options.roll_call,
        derive=options.derive,
        seed=options.seed,
        plan=plan_document(options.plan),
        limits=limits_document(options.limits),
    )


def options_of(header: RunHeader) -> ReplayOptions:
    """Return the options of a run. Raises DamagedRunFile, InvalidPlan."""
    rebase = header.rebase
    try:
        return ReplayOptions(
            speed=None if header.speed == "max" else Fraction(header.speed),
            at_end=AtEnd(header.at_end),
            starts=header.starts,
            from_at=_instant(header.from_ns),
            to_at=_instant(header.to_ns),
            laps=header.laps,
            rebase_to="now"
            if rebase == "now"
            else _instant(None if rebase is None else int(rebase)),
            regime=Regime(header.regime),
            liveness=None if header.liveness is None else Liveness(header.liveness),
            on_seek=OnSeek(header.on_seek),
            skip_idle_ns=header.skip_idle_ns,
            roll_call=header.roll_call,
            derive=header.derive,
            seed=header.seed,
            plan=_plan(header),
            limits=_limits(header),
        )
    except ValueError as error:
        raise DamagedRunFile(f"its header: {error}") from error


def identity(path: Path) -> CassetteIdentity:
    """Return what a cassette is known by. Raises DamagedRunFile if it can't be read."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest = hashlib.sha256(b"%d" % size)
            digest.update(file.read(_END_BYTES))
            file.seek(max(_END_BYTES, size - _END_BYTES))
            digest.update(file.read(_END_BYTES))
    except OSError as error:
        raise DamagedRunFile(
            f"its cassette cannot be read: {error.strerror}", where=str(path)
        ) from error
    return CassetteIdentity(str(path.absolute()), size, digest.hexdigest())


def cassettes_of(header: RunHeader, given: Sequence[Path]) -> list[Path]:
    """Return the cassettes of a run: where they were, or those given, which must be the same ones.

    Raises DamagedRunFile.
    """
    paths = list(given) or [Path(one.path) for one in header.cassettes]
    if not header.cassettes:
        raise DamagedRunFile("its header: no cassette was played")
    found = sorted(identity(path).sha256 for path in paths)
    if found == sorted(one.sha256 for one in header.cassettes):
        return paths
    names = ", ".join(Path(one.path).name for one in header.cassettes)
    raise DamagedRunFile(
        f"{', '.join(map(str, paths))}: not what was played",
        expected=f"{names}, unchanged since the run",
        hint="Give the cassettes of the run: replayx replay --transcript run.rpt CASSETTE...",
    )


def _plan(header: RunHeader) -> Plan:
    if header.plan is None:
        return NO_PLAN
    venues = {market: load_venue(market) for market in header.markets}
    return plan_from_document(header.plan, "the plan of its header", venues=venues)


def _limits(header: RunHeader) -> Limits:
    if header.limits is None:
        return NO_LIMITS
    return limits_from_document(header.limits, "the limits of its header")


def _instant(at_ns: int | None) -> Instant | None:
    return None if at_ns is None else lambda _: at_ns
