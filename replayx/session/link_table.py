"""The table of a session's links: numbered as they come, with what the plan has for each.

A connection that no rule can act on has no pipeline, and its frames go the way they always went.
Everything here runs in *link time*, the time in which liveness runs: the machine's, or the tape's.
"""

from collections import Counter

from replayx.faults.flow import NEVER_NS
from replayx.faults.injector import Injector
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.pipeline import Pipeline
from replayx.limits import FLAT_OUT_BYTES, LINK_BYTES_MAX, WRITE_BYTES
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork
from replayx.session.inputs import ConnectionAsked
from replayx.session.open_link import OpenLink
from replayx.session.pulse import Pulse


class LinkTable:
    """The open links, by connection, and how much is in flight on them."""

    def __init__(
        self, injector: Injector, audience: Audience, pulse: Pulse, clockwork: Clockwork
    ) -> None:
        self._injector = injector
        self._audience = audience
        self._pulse = pulse
        self._clockwork = clockwork
        self._links: dict[int, OpenLink] = {}
        self._down: dict[int, OpenLink] = {}
        self._flying: dict[int, OpenLink] = {}
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._size = 0
        self._sizes: dict[int, int] = {}
        pulse.rings_through = self.rings_through
        pulse.is_delayed = self._down.__contains__

    # ---- asked

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs on any link, and nothing is in flight."""
        return not (self._down or self._flying)

    @property
    def bytes_max(self) -> int:
        """How much leaves a link at once. In tape time all that is due does: so much is little."""
        if self._pulse.runs_by_tape:
            return NEVER_NS
        return max(WRITE_BYTES, FLAT_OUT_BYTES // max(1, len(self._flying)))

    def is_behind(self, now_ns: int) -> bool:
        """Whether more is due than leaves at once."""
        due_ns = min((one.due_ns or NEVER_NS for one in self._flying.values()), default=NEVER_NS)
        return not self._pulse.runs_by_tape and due_ns <= now_ns

    @property
    def is_full(self) -> bool:
        """Whether so much is in flight that the tape waits: time will pass and take it away."""
        return self._size > LINK_BYTES_MAX and not self._pulse.runs_by_tape

    @property
    def is_clear(self) -> bool:
        """Whether nothing is in flight that has a time to arrive."""
        return all(one.due_ns is None and one.release_ns is None for one in self._flying.values())

    @property
    def horizon_ns(self) -> int | None:
        """Until when, in tape time, nothing comes from a client; None: the tape is free."""
        if not self._flying or not self._pulse.runs_by_tape:
            return None
        times = (one.up.due_ns for one in self._flying.values() if one.up is not None)
        return min((ns for ns in times if ns is not None), default=None)

    def _until_ns(self, now_ns: int) -> int:
        """Return up to when things arrive: where the tape's time has ended, all that has one."""
        if self._pulse.runs_by_tape and self._clockwork.player.is_ended:
            return NEVER_NS - 1
        return self._pulse.now_ns(now_ns)

    def deadline_ns(self) -> int | None:
        """Return when `advance` or `arrived` has something to do."""
        times: list[int | None] = []
        is_over = self._pulse.runs_by_tape and self._clockwork.player.is_ended
        for one in self._flying.values():
            if is_over and one.due_ns is not None:
                return 0
            if (due_ns := one.due_ns) is not None:
                times.append(self._pulse.when_ns(due_ns))
            if (release_ns := one.release_ns) is not None:
                times.append(self._pulse.when_at_ns(release_ns))
        return min((ns for ns in times if ns is not None), default=None)

    def link_of(self, number: int) -> Link | None:
        """Return the link of a connection, downstream."""
        one = self._links.get(number)
        return None if one is None else one.link

    def rings_through(self, number: int) -> bool:
        """Say whether a ping of ours may go by what is in flight: only between frames."""
        one = self._down.get(number)
        return one is None or one.is_whole

    # ---- links come and go

    def open(self, event: ConnectionAsked, carrier: Carrier, now_ns: int) -> Link:
        """Give a handshake its link: numbered in the order they come."""
        key = (event.market, event.client)
        self._numbers[key] += 1
        link = Link(event.market, carrier, Direction.DOWNSTREAM, self._numbers[key], event.client)
        position_ns = self._clockwork.player.position_ns(now_ns)
        one = self._links[event.connection] = OpenLink(event.connection, link, position_ns)
        self._fit(one, now_ns)
        return link

    def drop(self, number: int) -> None:
        """Forget a connection that is gone, and what is in flight on it."""
        one = self._links.pop(number, None)
        self._down.pop(number, None)
        self._flying.pop(number, None)
        self._size -= self._sizes.pop(number, 0)
        if one is not None:
            for pipeline in (one.down, one.up):
                if pipeline is not None:
                    pipeline.flush(0)  # what was decided is noted, though nobody gets it
            self._injector.forget(one.link)

    def _fit(self, one: OpenLink, now_ns: int) -> None:
        """Give a link the pipelines that the plan has for it now."""
        connection = self._audience.get(one.number)
        played = 0 if connection is None else connection.played
        one.down = self._fitted(one, one.down, one.link, played, now_ns)
        one.up = self._fitted(one, one.up, one.upstream, one.received, now_ns)
        self._note(one)

    def _fitted(
        self, one: OpenLink, before: Pipeline | None, link: Link, index: int, now_ns: int
    ) -> Pipeline | None:
        if before is None:
            return self._injector.pipeline(link, opened_ns=one.opened_ns, index=index)
        time_ns = self._pulse.now_ns(now_ns)
        self._injector.refit(before, opened_ns=one.opened_ns, now_ns=time_ns)
        return before

    def _note(self, one: OpenLink) -> None:
        """Note what is in flight on a link. To be called whenever something changed there."""
        number = one.number
        if number not in self._links:
            return
        if one.down is not None and one.down.is_idle:
            one.down = None
        if one.up is not None and one.up.is_idle:
            one.up = None
        if one.down is not None:
            self._down[number] = one
        else:
            self._down.pop(number, None)
        size = one.size
        self._size += size - self._sizes.get(number, 0)
        self._sizes[number] = size
        if size or one.due_ns is not None or one.release_ns is not None:
            self._flying[number] = one
        else:
            self._flying.pop(number, None)
