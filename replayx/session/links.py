"""The links of a session, carrying messages: down to clients, and up from them."""

from replayx.faults.flow import Ending
from replayx.faults.outlet import Outgoing
from replayx.faults.rule import Plan
from replayx.framing import CLOSE, PING, PONG, frame, header_bytes
from replayx.limits import CLIENT_BUFFER_BYTES_MAX, LINK_BYTES_MAX
from replayx.session.effects import AbortConnection, AnyEffect, CloseConnection, SendFrames
from replayx.session.inputs import MessageReceived, PongReceived
from replayx.session.link_table import LinkTable
from replayx.session.open_link import OpenLink
from replayx.session.uplink import BrokenFrame, ClientInput
from replayx.timeline.tape import Stretch
from replayx.timeline.view import View

# RFC 6455 section 7.4.1: 1002 is for a frame that breaks the protocol.
_PROTOCOL_ERROR = (1002, "")

_PINGS = (0x80 | PING,)
# What arrives from a client, and how it ends if the plan ends it there.
Arrival = ClientInput | CloseConnection | AbortConnection


class Links(LinkTable):
    """Carries messages on links. `cut_off` is how many it ended: too much was in flight."""

    cut_off = 0

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
            effects += self._left(one, one.down.take(until_ns, self.bytes_max), now_ns)
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
        taken = one.down.take(self._until_ns(now_ns), self.bytes_max)
        return self._left(one, taken, now_ns)

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
                effects += self._left(one, one.down.take(until_ns, self.bytes_max), now_ns)
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
        # Let go, all of it is written at once.
        bound = CLIENT_BUFFER_BYTES_MAX // 2 if is_stuck else LINK_BYTES_MAX
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
