"""The deck: the cassettes, opened once, and what every timeline plays of them."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from replayx.cassette.reader import CassetteReader
from replayx.clock import NS_PER_MS, NS_PER_S, Clock
from replayx.errors import InvalidOption, UnknownMarket
from replayx.faults.injector import Injector
from replayx.faults.shock import shocks_of
from replayx.market.history import MarketHistory
from replayx.quantities import time_text
from replayx.ratelimit.limits_document import check_words
from replayx.server.prefetch import Prefetch
from replayx.server.replay_options import ReplayOptions
from replayx.session.answers import Answers
from replayx.session.derived_streams import DerivedStreams
from replayx.session.looped_market import LoopedHistory
from replayx.session.looping import Looping
from replayx.session.rebasing import Rebase, estimated_offset_ns
from replayx.session.shocking import shocked
from replayx.session.transcribed_session import TranscribedSession
from replayx.session.transcript import Transcript
from replayx.session.venue_clock import VenueClock
from replayx.timeline.merge import Run
from replayx.timeline.places import TIME_MAX_NS, TIME_MIN_NS
from replayx.timeline.source import CassetteSource, Source
from replayx.timeline.tape import Tape
from replayx.venues.registry import load_venue
from replayx.venues.venue import Venue


class Deck:
    """Open cassettes, to be closed when every session of them is over.

    `venues` are those of the cassettes' markets, by name; `unknown_markets` have none.
    `wall_offset_ns`: by how much Unix time was ahead for the last session that starts "now".
    """

    def __init__(
        self,
        paths: Sequence[Path],
        options: ReplayOptions,
        clock: Clock,
        *,
        on_unmatched: Callable[[str], None] | None = None,
    ) -> None:
        """Open the cassettes. Raises CassetteError, UnknownMarket."""
        self._options = options
        self._clock = clock
        self.wall_offset_ns = 0
        with ExitStack() as opened:
            self.readers = [opened.enter_context(CassetteReader(path)) for path in paths]
            self.venues, self.unknown_markets = _load_venues(self.readers)
            self._files = opened.pop_all()
        self._answers = {
            name: Answers(name, venue, self.readers) for name, venue in self.venues.items()
        }
        # The parts of a recording play the same in whatever order they are given.
        self._recorded = sorted(map(CassetteSource, self.readers), key=_start_ns)
        self._clock_offset_ns: int | None = None
        self._sources: Sequence[Source] = self._shocked()
        self.histories = self._histories() if options.derive else {}
        for name, answers in self._answers.items():
            answers.history = self.histories.get(name)
            if on_unmatched is not None:
                answers.on_unmatched = on_unmatched
        self._loop: Looping | None = None
        self._prefetches: list[Prefetch[Run]] = []

    def prepare(self) -> None:
        """Gather what requests can be answered; takes a while. Raises CassetteError."""
        for answers in self._answers.values():
            answers.prepare()

    def session(self) -> TranscribedSession:
        """Return a session at the tape's beginning. Raises InvalidOption."""
        options = self._options
        sources = self._sources
        looping = None if options.laps == 1 else self._looping(options.laps)
        loop = None if looping is None else looping.loop
        last_ns = max((one.end_ns for one in sources), default=0) if loop is None else loop.end_ns
        start_ns, stop_ns = _window(options, sources[0].start_ns, last_ns)
        rebase = self._rebase(start_ns, looping)
        played: Sequence[Source] = sources if rebase is None else rebase.sources
        tape = Tape(played, start_ns=start_ns, stop_ns=stop_ns, prefetch=self._prefetch)
        injector = Injector(
            options.seed,
            options.plan,
            start_ns=self.first_ns,
            venues=self.venues,
            channels=tape.channels,
        )
        session = TranscribedSession(
            tape,
            self.venues,
            {name: answers.afresh() for name, answers in self._answers.items()},
            speed=options.speed,
            regime=options.regime,
            skip_idle_ns=options.skip_idle_ns,
            liveness=options.liveness,
            on_seek=options.on_seek,
            roll_call=options.roll_call,
            at_end=options.at_end,
            starts_itself=options.starts == "first-client",
            clock_offset_ns=self._offset_ns(),
            rebase=rebase,
            injector=injector,
            limits=options.limits,
            derived={
                name: DerivedStreams(name, self.venues[name], sources, history, loop=loop)
                for name, history in self.histories.items()
            },
        )
        check_words(options.limits, session.limiting.words, "--limits")
        rules = (venue.secrets for venue in self.venues.values())
        session.note_in(Transcript(rules, secrets.token_bytes(32)), fault_log=injector.log)
        return session

    @property
    def first_ns(self) -> int:
        """When the tape begins, whatever of it is played."""
        return self._sources[0].start_ns

    def venue_start_ns(self) -> int:
        """Return the venue's time where a run starts. Raises InvalidOption."""
        start_at = self._options.from_at
        start_ns = self.first_ns if start_at is None else start_at(self.first_ns)
        return start_ns + self._offset_ns()

    def _looping(self, laps: int | None) -> Looping:
        """Return how the tape goes on; the first time it is read for that. Raises CassetteError."""
        if self._loop is None:
            histories = self.histories or self._histories()
            for history in histories.values():
                history.build()
            offset_ns = self._offset_ns()
            self._loop = Looping(
                self._sources, self.venues, histories, laps=laps, clock_offset_ns=offset_ns
            )
            for name, answers in self._answers.items():
                answers.loop = self._loop.loop
                if name in self.histories:
                    answers.history = LoopedHistory(histories[name], self._loop.loop)
        return self._loop

    def _rebase(self, start_ns: int, looping: Looping | None) -> Rebase | None:
        """Return how the times of a run that begins at `start_ns` are moved."""
        sources = self._sources
        rebase_to = self._options.rebase_to
        looped = [] if looping is None else looping.sources()
        venue_clock = VenueClock(self._offset_ns())
        if rebase_to is None:
            return Rebase(sources, self.venues, venue_clock, looped=looped) if looped else None
        if rebase_to == "now":
            self.wall_offset_ns = self._clock.wall_ns() - self._clock.now_ns()
            return Rebase(
                sources,
                self.venues,
                venue_clock,
                wall_offset_ns=self.wall_offset_ns,
                looped=looped,
            )
        venue_ns = start_ns + venue_clock.offset_ns
        start_to_ns = rebase_to(venue_ns)
        played: Sequence[Source] = looped if looped and self._options.laps else sources
        last_ns = max(source.end_ns for source in played) + start_to_ns - start_ns
        if start_to_ns < TIME_MIN_NS or last_ns >= TIME_MAX_NS:
            raise InvalidOption(
                f"times from {time_text(start_to_ns)} to {time_text(last_ns)}",
                expected=f"times from {time_text(TIME_MIN_NS)} to {time_text(TIME_MAX_NS - 1)},"
                " which have as many digits as today's",
                where="--rebase",
            )
        venue_clock.shift_ms = (start_to_ns - venue_ns) // NS_PER_MS
        return Rebase(sources, self.venues, venue_clock, looped=looped)

    def _shocked(self) -> Sequence[Source]:
        """Return the tape with the plan's shocks worked into it; answers tell of them, too.

        Raises CassetteError, LimitExceeded, InvalidOption.
        """
        rules = shocks_of(self._options.plan)
        if not rules:
            return self._recorded
        try:
            tape = shocked(self._recorded, self.venues, rules, clock_offset_ns=self._offset_ns())
        except BaseException:
            self._files.close()
            raise
        for name, answers in self._answers.items():
            answers.recorded.retell = partial(tape.retold_answer, name)
        return tape.sources

    def _offset_ns(self) -> int:
        """Return how far the venue's clock was ahead: as recorded, or as its messages tell."""
        if self._clock_offset_ns is None:
            recorded_ns = self._recorded[0].reader.header.clock_offset_ns
            self._clock_offset_ns = (
                estimated_offset_ns(self._recorded, self.venues)
                if recorded_ns is None
                else recorded_ns
            )
        return self._clock_offset_ns

    def close(self) -> None:
        """Close the cassettes, once nobody reads them any more."""
        for prefetch in self._prefetches:
            prefetch.close()
        for prefetch in self._prefetches:
            prefetch.join()
        for history in self.histories.values():
            history.close()
        self._files.close()

    def _histories(self) -> dict[str, MarketHistory]:
        return {
            name: MarketHistory(name, self._sources, venue, self._answers[name].recorded.facts())
            for name, venue in self.venues.items()
        }

    def _prefetch(self, runs: Iterator[Run]) -> Prefetch[Run]:
        prefetch = Prefetch(runs)
        # A seek leaves one behind, which ends by itself.
        self._prefetches = [one for one in self._prefetches if one.is_alive]
        self._prefetches.append(prefetch)
        return prefetch


def _start_ns(source: Source) -> int:
    return source.start_ns


def _window(options: ReplayOptions, first_ns: int, last_ns: int) -> tuple[int, int | None]:
    """Return from and to when the tape is played, all laps counted. Raises InvalidOption."""
    lasts_s = f"{(last_ns - first_ns) / NS_PER_S:g} s"
    start_ns = first_ns if options.from_at is None else options.from_at(first_ns)
    stop_ns = None if options.to_at is None else options.to_at(first_ns)
    if not first_ns <= start_ns <= last_ns:
        raise InvalidOption(
            f"{(start_ns - first_ns) / NS_PER_S:g} s",
            expected=f"at most what the tape lasts: {lasts_s}, from {time_text(first_ns)} on",
            where="--from",
        )
    if stop_ns is not None and stop_ns <= start_ns:
        raise InvalidOption(
            f"{(stop_ns - first_ns) / NS_PER_S:g} s",
            expected=f"a time behind --from; the tape lasts {lasts_s} from {time_text(first_ns)}",
            where="--to",
        )
    return start_ns, stop_ns


def _load_venues(readers: Sequence[CassetteReader]) -> tuple[dict[str, Venue], tuple[str, ...]]:
    """Return the venues of the cassettes' markets by name, and the markets that have none.

    Raises UnknownMarket if none has one.
    """
    venues: dict[str, Venue] = {}
    unknown: list[UnknownMarket] = []
    names = dict.fromkeys(market.name for reader in readers for market in reader.header.markets)
    for name in names:
        try:
            venues[name] = load_venue(name)
        except UnknownMarket as error:
            unknown.append(error)
    if unknown and not venues:
        raise unknown[0]
    return venues, tuple(name for name in names if name not in venues)
