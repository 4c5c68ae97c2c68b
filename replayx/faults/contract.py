"""The contract that every toxic keeps, as a check that its author runs.

On links: what it does not say that it touched arrives once, unchanged and in time; what it drops,
repeats, delays or changes is among what the rule selected; nothing leaves before it came, and what
is in flight when its rule is removed arrives; from TRANSPORT on nothing overtakes; frames stay
whole unless it `cuts`; it takes the draws it declared and no others; and however messages are
gathered into flows, the same becomes of them. On requests and handshakes: what it does not act on
stays as it was, and nothing happens in the past.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from replayx.clock import NS_PER_MS
from replayx.faults.attributes import read_attribute, write_attribute
from replayx.faults.draws import Chance, FlowDraws
from replayx.faults.flow import NEVER_NS, Ending, Flow, Part
from replayx.faults.injector import Injector
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import left_out
from replayx.faults.round_trip import Attempt, RoundTrip
from replayx.faults.rule import NO_PLAN, Plan, Rule, Where
from replayx.faults.toxic import Stage, Toxic
from replayx.framing import BINARY, CLOSE, PING, PONG, TEXT, frame, header_bytes
from replayx.rng import named_stream
from replayx.venues.venue import RequestKey, Venue

_MARKET = "a-market"
_LINKS = tuple(
    Link(_MARKET, carrier, direction, connection)
    for carrier, connection in ((Carrier.WS, 1), (Carrier.WSAPI, 1), (Carrier.REST, 0))
    for direction in Direction
)
_CHANNELS = ("a", "b", "a", "c")
_OPCODES = frozenset((0, TEXT, BINARY, CLOSE, PING, PONG))
_START_NS = 1_700_000_000 * 1_000 * NS_PER_MS


class BrokenContract(AssertionError):
    """A toxic does not do what replayx counts on."""


class _Message(NamedTuple):
    """A message of the check: on which channel, when, and as what frame."""

    channel: str
    at_ns: int
    framed: bytes


class _Sent(NamedTuple):
    """What a toxic made of message `number`, or one of the things it made of it."""

    number: int
    due_ns: int
    data: bytes
    behind: int | None


class _Outcome(NamedTuple):
    """What became of all messages."""

    sent: tuple[_Sent, ...]
    touched: tuple[int, ...]
    ending: Ending | None


def check_toxic(
    toxic: Toxic, *, seed: int = 0, count: int = 120, venue: Venue | None = None
) -> None:
    """Check a toxic on links, requests and handshakes of every kind. Raises BrokenContract.

    `venue`: whose messages they pretend to be, for toxics that ask it what they say.
    """
    _check_attributes(toxic)
    for link in _LINKS:
        if toxic.on_link(link) is not None:
            for is_control in (False, True):
                if not is_control or toxic.stage >= Stage.TRANSPORT or toxic.is_on_control:
                    messages = _messages(seed, count, is_control=is_control)
                    _LinkCheck(toxic, link, messages, seed=seed, venue=venue).run()
        _check_requests(toxic, link, seed)
        _check_handshakes(toxic, link, seed)


def _demand(is_kept: bool, toxic: Toxic, broken: str) -> None:
    if not is_kept:
        raise BrokenContract(f"{toxic.type}: {broken}. {toxic!r}")


def _check_attributes(toxic: Toxic) -> None:
    document = msgspec.to_builtins(toxic, enc_hook=write_attribute)
    again = msgspec.convert(document, type(toxic), dec_hook=read_attribute)
    _demand(again == toxic, toxic, f"its attributes read back as {again!r}")
    _demand(bool(type(toxic).__doc__), toxic, "no docstring says what it does")


# ---- links


def _messages(seed: int, count: int, *, is_control: bool) -> list[_Message]:
    chance = named_stream(seed, f"contract/{is_control}")
    messages: list[_Message] = []
    at_ns = _START_NS
    for number in range(count):
        at_ns += chance.choice((0, 0, NS_PER_MS, 40 * NS_PER_MS))
        text = b'{"n":%d,"p":"%d.50","q":[1,2.5],"s":"%s","o":{}}' % (
            number,
            chance.randrange(10**6),
            "é".encode() * int(chance.paretovariate(0.7) % 400),
        )
        framed = frame(text)
        if is_control and number % 3:
            framed = frame(b"%d" % number, PING if number % 3 == 1 else PONG)
        messages.append(_Message("" if is_control else chance.choice(_CHANNELS), at_ns, framed))
    return messages


class _LinkCheck:
    """Runs one toxic on one link again and again."""

    def __init__(
        self,
        toxic: Toxic,
        link: Link,
        messages: list[_Message],
        *,
        seed: int,
        venue: Venue | None,
    ) -> None:
        self._toxic = toxic
        self._link = link
        self._messages = messages
        self._seed = seed
        self._venue = venue
        self._chance = named_stream(seed, "contract/splits")

    def run(self) -> None:
        """Raise BrokenContract where the toxic does not keep it."""
        count = len(self._messages)
        some = frozenset(k for k in range(count) if self._chance.random() < 0.4)
        gone = frozenset(k for k in range(count) if self._chance.random() < 0.2)
        everything = self._outcome([count], frozenset(range(count)), frozenset())
        if self._messages[0].channel:
            self._interrupt(everything.sent)
        for fired in (frozenset[int](), some, frozenset(range(count))):
            for missing in (frozenset[int](), gone):
                whole = self._outcome([count], fired, missing)
                self._judge(whole, fired, missing)
                hurried = self._outcome([count], fired, missing, is_at_once=True)
                self._demand(
                    (hurried.touched, hurried.ending) == (whole.touched, whole.ending),
                    "touches other messages, or ends elsewhere, where they come at another pace",
                )
                for _ in range(4):
                    stops = self._stops()
                    self._demand(
                        self._outcome(stops, fired, missing) == whole,
                        f"flows that end at {stops[:5]}... become something else than one flow",
                    )

    def _demand(self, is_kept: bool, broken: str) -> None:
        _demand(is_kept, self._toxic, f"on {self._link.name}: {broken}")

    def _stops(self) -> list[int]:
        """Return where flows end: at random, also after one message each."""
        count, share = len(self._messages), self._chance.choice((0.05, 0.4, 1.1))
        stops = [k for k in range(1, count) if self._chance.random() < share]
        return [*stops, count]

    def _outcome(
        self,
        stops: Sequence[int],
        fired: frozenset[int],
        missing: frozenset[int],
        *,
        is_at_once: bool = False,
    ) -> _Outcome:
        running = self._toxic.on_link(self._link)
        assert running is not None, "it ran before"
        chance = Chance(self._seed, "contract", self._link.name)
        sent: list[_Sent] = []
        touched: list[int] = []
        first = 0
        for stop in stops:
            flow = self._flow(first, stop, missing)
            if is_at_once:
                flow.parts = [part._replace(due_ns=_START_NS) for part in flow.parts]
            chosen = [k - first for k in range(first, stop) if k in fired]
            draws = _Declared(self._toxic, FlowDraws(chance, first, flow.count))
            here = running.apply(flow, _as_given(chosen), draws)
            self._demand(
                sorted({*here} & {*chosen}) == list(here),
                f"touched {list(here)[:5]}..., which is not ascending and of what was selected",
            )
            touched += (first + k for k in here)
            sent += _sent(flow)
            if flow.ending is not None:
                return _Outcome(tuple(sent), tuple(touched), flow.ending)
            first = stop
        return _Outcome(tuple(sent), tuple(touched), None)

    def _flow(self, first: int, stop: int, missing: frozenset[int]) -> Flow:
        messages = self._messages[first:stop]
        end = [0]
        for one in messages:
            end.append(end[-1] + len(one.framed))
        flow = Flow(
            messages[0].at_ns,
            first,
            memoryview(b"".join(one.framed for one in messages)),
            end,
            channel=[one.channel for one in messages],
            at_ns=[one.at_ns for one in messages],
            venue=self._venue,
        )
        flow.parts = left_out(_parts(messages), [k - first for k in sorted(missing) if k >= first])
        return flow

    def _interrupt(self, made: Iterable[_Sent]) -> None:
        """Check that all that is made of messages arrives if the rule goes meanwhile."""
        rule = Rule(name="contract", toxic=self._toxic, where=_way(self._link))
        venues = {} if self._venue is None else {self._link.market: self._venue}
        injector = Injector(self._seed, Plan(rules=(rule,)), start_ns=_START_NS, venues=venues)
        pipeline = injector.pipeline(self._link, opened_ns=_START_NS)
        assert pipeline is not None, "it acts here"
        columns = self._flow(0, len(self._messages), frozenset()).columns
        pipeline.stream(columns, lambda at_ns: at_ns, is_tape_time=True)
        now_ns = self._messages[-1].at_ns
        injector.replace(NO_PLAN, now_ns)
        injector.refit(pipeline, opened_ns=_START_NS, now_ns=now_ns)
        arrived = b"".join(bytes(one.data) for one in pipeline.take(NEVER_NS - 1))
        expected = b"".join(one.data for one in made)
        # In which order is not asked: what is overtaken arrives in another than it was decided in.
        is_all = sorted(arrived) == sorted(expected)
        self._demand(is_all, "loses what is in flight when its rule is removed")

    # ---- judgements

    def _judge(self, outcome: _Outcome, fired: frozenset[int], missing: frozenset[int]) -> None:
        made: dict[int, list[_Sent]] = {}
        for one in outcome.sent:
            made.setdefault(one.number, []).append(one)
        touched = frozenset(outcome.touched)
        is_quiet = not touched and outcome.ending is None
        self._demand(is_quiet or bool(fired), "acts though nothing is selected")
        self._demand(made.keys().isdisjoint(missing), "brings back what another toxic dropped")
        last = len(self._messages)
        if outcome.ending is not None:
            self._demand(bool(touched), "ends the connection, and touches no message")
            last = max(touched)
        for index, message in enumerate(self._messages):
            if index in missing:
                continue
            if index in touched:
                self._judge_touched(index, made.get(index, []), is_last=index == last)
            elif index < last:
                plainly = [_Sent(index, message.at_ns, message.framed, None)]
                self._demand(
                    made.get(index) == plainly, f"message {index} is not as it came, nor touched"
                )
            else:
                self._demand(index not in made, f"message {index} is behind the end")
        if self._toxic.stage >= Stage.TRANSPORT:
            order = [one.number for one in outcome.sent]
            self._demand(order == sorted(order), "lets messages overtake others in transport")

    def _judge_touched(self, index: int, made: Sequence[_Sent], *, is_last: bool) -> None:
        message = self._messages[index]
        for one in made:
            self._demand(one.due_ns >= message.at_ns, f"message {index} leaves before it came")
            self._demand(one.behind is None or one.behind >= index, "waits for what was before")
            if not self._toxic.cuts:
                self._demand(_is_whole(one.data), f"message {index} is no whole frame any more")
        data = b"".join(one.data for one in made)
        if self._toxic.stage is Stage.TRANSPORT:
            self._demand(data in (b"", message.framed), f"message {index} changes in transport")
        elif self._toxic.stage is Stage.BYTES:
            rest = message.framed[len(data) :] if is_last else b""
            self._demand(data + rest == message.framed, f"bytes of message {index} are missing")


class _Declared:
    """The draws that a toxic declared, and no others."""

    def __init__(self, toxic: Toxic, draws: FlowDraws) -> None:
        self._toxic = toxic
        self._draws = draws

    def column(self, number: int) -> Sequence[float]:
        """Return draw `number` of each message. Raises BrokenContract."""
        is_declared = 0 <= number < self._toxic.draws
        _demand(is_declared, self._toxic, f"takes draw {number} of {self._toxic.draws} declared")
        return self._draws.column(number)


def _as_given(chosen: list[int]) -> Sequence[int]:
    """Return positions as a selector has them: a range where they follow each other."""
    if chosen and chosen[-1] - chosen[0] == len(chosen) - 1:
        return range(chosen[0], chosen[-1] + 1)
    return chosen


def _parts(messages: Sequence[_Message]) -> list[Part]:
    first = 0
    parts: list[Part] = []
    for k in range(1, len(messages) + 1):
        if k == len(messages) or messages[k].at_ns != messages[first].at_ns:
            parts.append(Part(first, k, messages[first].at_ns))
            first = k
    return parts


def _sent(flow: Flow) -> Iterator[_Sent]:
    for part in flow.parts:
        if part.data is not None:
            yield _Sent(flow.index + part.first, part.due_ns, part.data, part.behind)
            continue
        for k in range(part.first, part.stop):
            yield _Sent(flow.index + k, part.due_ns, bytes(flow.frame(k)), part.behind)


def _is_whole(data: bytes) -> bool:
    """Say whether these are whole frames as RFC 6455 wants them from a server."""
    position, is_open = 0, False
    while position < len(data):
        if position + 2 > len(data) or data[position + 1] & 0x80:
            return False
        opcode, is_final = data[position] & 0x0F, bool(data[position] & 0x80)
        if data[position] & 0x70 or opcode not in _OPCODES:
            return False
        if opcode < CLOSE:  # a message begins where none is open, and goes on where one is
            if is_open == (opcode != 0):
                return False
            is_open = not is_final
        start = position + header_bytes(data[position + 1])
        length = data[position + 1]
        if start > position + 2:
            length = int.from_bytes(data[position + 2 : start], "big")
        position = start + length
    return position == len(data) and not is_open


def _way(link: Link) -> Where:
    is_down = link.direction is Direction.DOWNSTREAM
    return Where(direction="downstream" if is_down else "upstream")


# ---- requests and handshakes


def _check_requests(toxic: Toxic, link: Link, seed: int) -> None:
    outcomes: list[list[RoundTrip]] = []
    for _ in range(2):
        running = toxic.on_requests(link)
        if running is None:
            return
        chance = Chance(seed, "contract", link.name)
        trips = list(_trips(link))
        for before, trip in zip(_trips(link), trips, strict=True):
            acted = running.apply(trip, chance.row(toxic.draws, trip.index))
            _demand(acted or trip == before, toxic, "changes a request, and says it did not act")
            delays = (trip.arrival_delay_ns, trip.departure_delay_ns)
            _demand(min(delays) >= 0, toxic, "lets a request or an answer leave before it came")
        outcomes.append(trips)
    _demand(outcomes[0] == outcomes[1], toxic, "does something else the second time")


def _trips(link: Link) -> Iterable[RoundTrip]:
    for index in range(40):
        at_ns = _START_NS + index * NS_PER_MS
        key = RequestKey("GET", "/a/path", (("symbol", "AB"),))
        yield RoundTrip(link=link, index=index, key=key, symbols=("AB",), at_ns=at_ns, now_ns=at_ns)


def _check_handshakes(toxic: Toxic, link: Link, seed: int) -> None:
    outcomes: list[list[Attempt]] = []
    for _ in range(2):
        running = toxic.on_handshakes(link)
        if running is None:
            return
        chance = Chance(seed, "contract", link.name)
        attempts = list(_attempts(link))
        for index, (before, attempt) in enumerate(zip(_attempts(link), attempts, strict=True)):
            acted = running.apply(attempt, chance.row(toxic.draws, index))
            _demand(acted or attempt == before, toxic, "changes a handshake without acting")
            _demand(attempt.delay_ns >= 0, toxic, "answers a handshake before it came")
        outcomes.append(attempts)
    _demand(outcomes[0] == outcomes[1], toxic, "does something else the second time")


def _attempts(link: Link) -> Iterable[Attempt]:
    for index in range(20):
        at_ns = _START_NS + index * NS_PER_MS
        yield Attempt(link=link, target="/a/path", at_ns=at_ns, now_ns=at_ns)
