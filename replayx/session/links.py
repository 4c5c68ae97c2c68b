"""The links of a session: where the plan acts on a connection, what is in flight on it.

A connection that no rule can act on has no pipeline, and its frames go the way they always went.
Everything here runs in *link time*, the time in which liveness runs: the machine's, or the tape's.
"""

from collections import Counter

from replayx.faults.flow import NEVER_NS, Ending
from replayx.faults.injector import Injector
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.pipeline import Outgoing, Pipeline
from replayx.faults.rule import Plan
from replayx.framing import CLOSE, PING, PONG, frame, header_bytes
from replayx.limits import CLIENT_BUFFER_BYTES_MAX, LINK_BYTES_MAX
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork
from replayx.session.effects import AbortConnection, AnyEffect, CloseConnection, SendFrames
from replayx.session.inputs import ConnectionAsked, MessageReceived, PongReceived
from replayx.session.open_link import OpenLink
from replayx.session.pulse import Pulse
from replayx.session.uplink import BrokenFrame, ClientInput
from replayx.timeline.tape import Stretch
from replayx.timeline.view import View

# RFC 6455 section 7.4.1: 1002 is for a frame that breaks the protocol.
_PROTOCOL_ERROR = (1002, "")

_PINGS = (0x80 | PING,)
# What arrives from a client, and how it ends if the plan ends it there.
Arrival = ClientInput | CloseConnection | AbortConnection


class Links:
    """The open links, by connection. `cut_off` is how many were ended: too much was in flight."""

    def __init__(
        self, injector: Injector, audience: Audience, pulse: Pulse, clockwork: Clockwork
    ) -> None:
        self.cut_off = 0
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

    def replace(self, plan: Plan, now_ns: int) -> list[AnyEffect]:
        """Inject by another plan from the next message on; return what is let go by that."""
        self._injector.replace(plan, self._clockwork.player.position_ns(now_ns))
        for one in self._links.values():
            self._fit(one, now_ns)
        return self.advance(now_ns)

    def reset(self, now_ns: int) -> list[AnyEffect]:
        """Begin again: what is in flight arrives at once, in order, and links count anew."""
        effects = self.flush(now_ns)
        for number in tuple(self._links):
            self.drop(number)
        self._numbers.clear()
        self._injector.reset()
        return effects

    def flush(self, now_ns: int) -> list[AnyEffect]:
        """Let everything arrive at once, in order."""
        effects: list[AnyEffect] = []
        for one in tuple(self._flying.values()):
            if one.down is not None:
                effects += self._left(one, one.down.flush(self._pulse.now_ns(now_ns)), now_ns)
        return effects

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

    # ---- downstream

    def stream(
        self, stretch: Stretch, view: View, connections: tuple[int, ...], now_ns: int
    ) -> list[AnyEffect]:
        """Send a stretch of the tape: at once, and through the pipelines of those that have one."""
        effects: list[AnyEffect] = []
        run, first, stop, dropped, _ = stretch
        messages = view.messages(run, first, stop, dropped)
        if not messages.count:
            return effects
        plain = tuple(number for number in connections if number not in self._down)
        if plain:
            effects.append(SendFrames(plain, messages.whole))
        time_of = self._pulse.time_of(now_ns)
        is_tape_time = self._pulse.runs_by_tape
        until_ns = time_of(run.batch.at[stop - 1]) if is_tape_time else now_ns
        for number in connections:
            one = self._down.get(number)
            if one is None or one.down is None:
                continue
            one.down.stream(messages, time_of, is_tape_time=is_tape_time, wanted=view.wanted)
            effects += self._left(one, one.down.take(until_ns), now_ns)
        return effects

    def carry(self, effects: list[AnyEffect], now_ns: int) -> list[AnyEffect]:
        """Take what is no stream's on its way, behind what was sent before."""
        if not self._down:
            return effects
        carried: list[AnyEffect] = []
        for effect in effects:
            if isinstance(effect, SendFrames):
                carried += self._sent(effect, now_ns)
            elif isinstance(effect, CloseConnection) and effect.connection in self._down:
                data = frame(effect.code.to_bytes(2) + effect.reason.encode(), CLOSE)
                ending = Ending(effect.code, effect.reason)
                carried += self._control(self._down[effect.connection], data, now_ns, ending)
            else:
                carried.append(effect)
        return carried

    def _sent(self, effect: SendFrames, now_ns: int) -> list[AnyEffect]:
        plain = tuple(number for number in effect.connections if number not in self._down)
        effects: list[AnyEffect] = [SendFrames(plain, effect.frames)] if plain else []
        for number in effect.connections:
            one = self._down.get(number)
            if one is not None:
                effects += self._control(one, effect.frames, now_ns)
        return effects

    def _control(
        self,
        one: OpenLink,
        data: bytes | memoryview,
        now_ns: int,
        ending: Ending | None = None,
    ) -> list[AnyEffect]:
        assert one.down is not None, "it has a pipeline"
        time_ns, at_ns = self._pulse.now_ns(now_ns), self._clockwork.player.position_ns(now_ns)
        mark = bytes(data[header_bytes(data[1]) :]) if data[0] in _PINGS else None
        one.down.pass_to(at_ns, self._pulse.time_of(now_ns))
        one.down.control(time_ns, data, at_ns, mark=mark, ending=ending)
        return self._left(one, one.down.take(self._until_ns(now_ns)), now_ns)

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what arrives at clients by now."""
        effects: list[AnyEffect] = []
        if not self._flying:
            return effects
        until_ns, at_ns = self._until_ns(now_ns), self._clockwork.player.position_ns(now_ns)
        time_of = self._pulse.time_of(now_ns)
        for one in tuple(self._flying.values()):
            if one.down is not None:
                one.down.pass_to(at_ns, time_of)
                effects += self._left(one, one.down.take(until_ns), now_ns)
        return effects

    def _left(self, one: OpenLink, taken: list[Outgoing], now_ns: int) -> list[AnyEffect]:
        """Return the effects of what leaves a link."""
        effects: list[AnyEffect] = []
        ended = taken.pop() if taken and taken[-1].ending is not None else None
        if taken:
            effects.append(SendFrames((one.number,), one.joined(taken)))
            for mark in [out.mark for out in taken if out.mark is not None]:
                self._pulse.left(one.number, mark, now_ns, is_carried_back=one.up is not None)
        if ended is not None and ended.ending is not None:
            self.drop(one.number)
            self._pulse.forget(one.number)
            effects.append(_ended(one.number, ended.ending))
            return effects
        self._note(one)
        return effects + self._cut_off(one)

    def _cut_off(self, one: OpenLink) -> list[AnyEffect]:
        """End a connection on which too much is in flight, as a venue does with a slow reader."""
        is_stuck = one.due_ns is None or self._pulse.runs_by_tape
        bound = CLIENT_BUFFER_BYTES_MAX if is_stuck else LINK_BYTES_MAX
        is_paced = not self._clockwork.player.is_flat_out
        if one.size <= bound and not (is_paced and one.size and self._size > LINK_BYTES_MAX):
            return []
        if not is_stuck and not is_paced:
            return []  # the tape waits for it
        self.cut_off += 1
        self.drop(one.number)
        self._pulse.forget(one.number)
        return [AbortConnection(one.number)]

    # ---- upstream

    def receive(self, event: ClientInput, now_ns: int) -> list[Arrival]:
        """Take what a client said; return what has arrived by that: all of it without a rule."""
        one = self._links.get(event.connection)
        is_message = isinstance(event, MessageReceived)
        if one is None:
            return [event]
        if one.up is None:
            one.received += is_message
            return [event]
        time_ns, at_ns = self._pulse.now_ns(now_ns), self._clockwork.player.position_ns(now_ns)
        time_of = self._pulse.time_of(now_ns)
        one.up.pass_to(at_ns, time_of)
        if is_message:
            one.received += 1
            one.up.message(time_ns, frame(event.payload), at_ns)
        else:
            opcode = PONG if isinstance(event, PongReceived) else PING
            one.up.control(time_ns, frame(event.payload, opcode), at_ns)
        return self._arrivals(one, self._until_ns(now_ns))

    def arrived(self, now_ns: int) -> list[Arrival]:
        """Return what clients said that has arrived by now."""
        arrivals: list[Arrival] = []
        if not self._flying:
            return arrivals
        until_ns, at_ns = self._until_ns(now_ns), self._clockwork.player.position_ns(now_ns)
        for one in tuple(self._flying.values()):
            if one.up is not None:
                one.up.pass_to(at_ns, self._pulse.time_of(now_ns))
                arrivals += self._arrivals(one, until_ns)
        return arrivals

    def _arrivals(self, one: OpenLink, until_ns: int) -> list[Arrival]:
        assert one.up is not None, "it has a pipeline"
        arrivals: list[Arrival] = []
        for out in one.up.take(until_ns):
            if out.ending is not None:
                arrivals.append(_ended(one.number, out.ending))
                continue
            try:
                arrivals += one.uplink.read(out.data)
            except BrokenFrame:
                arrivals.append(CloseConnection(one.number, *_PROTOCOL_ERROR))
        self._note(one)
        return arrivals


def _ended(number: int, ending: Ending) -> CloseConnection | AbortConnection:
    if ending.code is None:
        return AbortConnection(number, ending.is_reset)
    return CloseConnection(number, ending.code, ending.reason)
