"""Rebasing a run: by what every time that a client sees is moved.

By a constant that is given; or so that the venue's clock shows the machine's time when the run
starts, and again when it was sought. Between the two it never changes.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel, ChannelKind
from replayx.clock import NS_PER_MS
from replayx.limits import CLOCK_CHUNKS_MAX, CLOCK_MESSAGES_MAX
from replayx.session.venue_clock import VenueClock
from replayx.timeline.loop_source import LoopSource
from replayx.timeline.places import Located, Shift
from replayx.timeline.rebase import RebasedSource
from replayx.timeline.source import Source
from replayx.venues.venue import Venue


class Rebase:
    """The shift of one run, and the clock that shows it.

    `wall_offset_ns`, from monotonic to Unix time: it follows the machine's clock; None: it stays.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        venues: Mapping[str, Venue],
        clock: VenueClock,
        *,
        wall_offset_ns: int | None = None,
        looped: Sequence[LoopSource] = (),
    ) -> None:
        """Take what is played: `looped`, if it is. The tape is made of `sources` as given here."""
        self.clock = clock
        self._venues = venues
        self._wall_offset_ns = wall_offset_ns
        self.sources: Sequence[RebasedSource | LoopSource]
        starts = [source.start_ns for source in sources]
        self._anchor_ms = (min(starts, default=0) + clock.offset_ns) // NS_PER_MS
        self.sources = looped or [
            RebasedSource(source, self._times, Shift(0)) for source in sources
        ]
        self._apply()

    def set(self, position_ns: int, now_ns: int) -> bool:
        """Let the venue's clock show the machine's time at a position; say whether that is new.

        Whoever has the tape open reads it again then.
        """
        if self._wall_offset_ns is None:
            return False
        venue_ns = position_ns + self.clock.offset_ns
        self.clock.shift_ms = (now_ns + self._wall_offset_ns - venue_ns) // NS_PER_MS
        self._apply()
        return True

    def _apply(self) -> None:
        for source in self.sources:
            source.shift = Shift(self.clock.shift_ms, self._anchor_ms)

    def _times(self, channel: Channel, payload: bytes) -> Located | None:
        venue = self._venues.get(channel.market)
        if venue is None or not venue.has_times(channel.name):
            return None
        return venue.locate(channel.name, payload)


def estimated_offset_ns(sources: Sequence[Source], venues: Mapping[str, Venue]) -> int:
    """Return how far the venue's clock was ahead of the recorder's, by what messages say: the
    median in the first chunk that has such messages; 0 where none has.
    """
    for source in sources:
        for number, batch in enumerate(source.batches(source.start_ns)):
            ahead_ns = _ahead_ns(source, batch, venues)
            if ahead_ns:
                return int(median(ahead_ns))
            if number >= CLOCK_CHUNKS_MAX:
                break
    return 0


def _ahead_ns(source: Source, batch: FrameBatch, venues: Mapping[str, Venue]) -> list[int]:
    """Return by how much the times that messages tell are ahead of those they came at."""
    ahead_ns = []
    for k in range(min(batch.count, CLOCK_MESSAGES_MAX)):
        channel = source.channels[batch.channel[k]]
        venue = venues.get(channel.market)
        if venue is None or channel.kind is not ChannelKind.STREAM:
            continue
        time_ms = venue.event_time_ms(bytes(batch.payload(k)))
        if time_ms is not None:
            ahead_ns.append(time_ms * NS_PER_MS - batch.at[k])
    return ahead_ns
