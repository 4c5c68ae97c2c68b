"""The entries of a transcript: what a run was given and what it did, as JSON can tell it.

What came in is told completely, so that a run can be gone through again; what went out is told in
numbers. Every entry has its place (`seq`), the position on the tape and the monotonic time.
"""

import re
from typing import Annotated, Literal, TypedDict, assert_never

import msgspec

from replayx.faults.plan_text import plan_document
from replayx.limits import TRANSCRIPT_PAYLOAD_BYTES_MAX
from replayx.ratelimit.limits_document import limits_document
from replayx.session import effects, inputs
from replayx.session.effects import ClockState
from replayx.session.stops import Stop

# A word that may go on behind the cut, or a letter beyond ASCII that does.
_OPEN_WORD = re.compile(rb"[^\x00-,./:-@\[-^`{-~]{1,256}\Z")

HeaderPairs = tuple[tuple[str, str], ...]
Verb = Literal[
    "start", "speed", "pause", "resume", "seek", "run-until", "reset", "faults", "limits"
]


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """Bytes a client sent: as `text`, or as base64 if they are no UTF-8.

    size: how many came, in bytes. is_cut: there were more than a transcript keeps.
    """

    size: int
    text: str = ""
    base64: bytes = b""
    is_cut: bool = False


class Place(TypedDict):
    """Where an entry stands: its number, the position on the tape, and the monotonic time."""

    seq: int
    at_ns: int
    now_ns: int


# What a clock of 64 bits can say; a file may say anything.
Ns = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    seq: int
    at_ns: Ns
    now_ns: Ns


# ---- what came in


class RequestEntry(_Entry, frozen=True, tag="request"):
    """An HTTP request."""

    number: int
    market: str
    method: str
    target: str
    headers: HeaderPairs
    body: Body
    client: str = ""


class BadRequestEntry(_Entry, frozen=True, tag="bad-request"):
    """An HTTP request that could not be taken, and why."""

    number: int
    market: str
    refusal: str
    detail: str


class ConnectEntry(_Entry, frozen=True, tag="connect"):
    """A WebSocket handshake."""

    connection: int
    market: str
    target: str
    client: str = ""


class OpenedEntry(_Entry, frozen=True, tag="opened"):
    """A handshake that was accepted is complete."""

    connection: int


class MessageEntry(_Entry, frozen=True, tag="message"):
    """A client's message."""

    connection: int
    payload: Body


class PingEntry(_Entry, frozen=True, tag="ping"):
    """A client's ping."""

    connection: int
    payload: Body


class PongEntry(_Entry, frozen=True, tag="pong"):
    """A client's pong."""

    connection: int
    payload: Body


class LostEntry(_Entry, frozen=True, tag="lost"):
    """A connection is gone, whoever ended it."""

    connection: int


class CommandEntry(_Entry, frozen=True, tag="command"):
    """A command. `speed`: a ratio or "max". `to_ns`: of a seek. `document`: a plan, or limits."""

    command: Verb
    number: int = 0
    speed: str = ""
    to_ns: Ns | None = None
    stop: Stop | None = None
    document: dict[str, object] | None = None


# ---- what it led to


class ReplyEntry(_Entry, frozen=True, tag="reply"):
    """The answer to an HTTP request."""

    number: int
    status: int
    size: int


class AcceptEntry(_Entry, frozen=True, tag="accept"):
    """A handshake was accepted."""

    connection: int


class RefuseEntry(_Entry, frozen=True, tag="refuse"):
    """A handshake was refused."""

    connection: int
    status: int


class CloseEntry(_Entry, frozen=True, tag="close"):
    """A connection was closed from this side."""

    connection: int
    code: int
    reason: str


class AbortEntry(_Entry, frozen=True, tag="abort"):
    """A connection was ended from this side without a close frame."""

    connection: int
    is_reset: bool


class ReachEntry(_Entry, frozen=True, tag="reach"):
    """A market can be reached otherwise: `open`, `refused`, `silent`."""

    market: str
    reach: str


class PlayedEntry(_Entry, frozen=True, tag="played"):
    """Frames were sent since `from_ns` and until this entry: in `writes`, `size` bytes in all."""

    from_ns: int
    writes: int
    size: int


class HistoryEntry(_Entry, frozen=True, tag="history"):
    """A market's history was wanted, or is there: until then, what needs it waits."""

    market: str
    is_built: bool


class StartedEntry(_Entry, frozen=True, tag="started"):
    """The timeline began to run."""


class EndedEntry(_Entry, frozen=True, tag="ended"):
    """The tape has ended."""


class ClockEntry(_Entry, frozen=True, tag="clock"):
    """A command to the clock was answered."""

    number: int
    clock: ClockState


class UnmatchedEntry(_Entry, frozen=True, tag="unmatched"):
    """A request that the tape could not answer, with the nearest ones in words."""

    message: str


class FaultEntry(_Entry, frozen=True, tag="fault"):
    """What a rule did on a link since the last entry of its kind: to `count` messages or requests.

    runs: (first, last) by the link's index; the first ones only, if there are very many.
    """

    rule: str = msgspec.field(name="toxic")
    toxic: str = msgspec.field(name="type")
    market: str
    link: str
    count: int
    runs: tuple[tuple[int, int], ...]


Entry = (
    RequestEntry
    | BadRequestEntry
    | ConnectEntry
    | OpenedEntry
    | MessageEntry
    | PingEntry
    | PongEntry
    | LostEntry
    | CommandEntry
    | ReplyEntry
    | AcceptEntry
    | RefuseEntry
    | CloseEntry
    | AbortEntry
    | ReachEntry
    | PlayedEntry
    | HistoryEntry
    | StartedEntry
    | EndedEntry
    | ClockEntry
    | UnmatchedEntry
    | FaultEntry
)


# ---- telling

Command = (
    inputs.StartAsked
    | inputs.SpeedAsked
    | inputs.PauseAsked
    | inputs.ResumeAsked
    | inputs.SeekAsked
    | inputs.RunUntilAsked
    | inputs.ResetAsked
    | inputs.FaultsAsked
    | inputs.LimitsAsked
)


def input_entry(
    given: inputs.AnyInput, place: Place, *, kept_max: int = TRANSCRIPT_PAYLOAD_BYTES_MAX
) -> Entry:
    """Return the entry of an input, as it came, with up to `kept_max` bytes of its payload."""
    match given:
        case inputs.RequestReceived(number, market, request, client):
            return RequestEntry(
                **place,
                number=number,
                market=market,
                method=request.method,
                target=request.target,
                # A server may give names of a class of its own, which no JSON has.
                headers=tuple((str(name), str(value)) for name, value in request.headers),
                body=body_of(request.body, kept_max=kept_max),
                client=client,
            )
        case inputs.RequestRefused(number, market, refusal, detail):
            why = refusal.value
            return BadRequestEntry(
                **place, number=number, market=market, refusal=why, detail=detail
            )
        case inputs.ConnectionAsked(connection, market, target, client):
            return ConnectEntry(
                **place, connection=connection, market=market, target=target, client=client
            )
        case inputs.ConnectionOpened(connection):
            return OpenedEntry(**place, connection=connection)
        case inputs.MessageReceived(connection, payload):
            body = body_of(payload, kept_max=kept_max)
            return MessageEntry(**place, connection=connection, payload=body)
        case inputs.PingReceived(connection, payload):
            body = body_of(payload, kept_max=kept_max)
            return PingEntry(**place, connection=connection, payload=body)
        case inputs.PongReceived(connection, payload):
            body = body_of(payload, kept_max=kept_max)
            return PongEntry(**place, connection=connection, payload=body)
        case inputs.ConnectionLost(connection):
            return LostEntry(**place, connection=connection)
        case inputs.HistoryBuilt(market):
            return HistoryEntry(**place, market=market, is_built=True)
        case _:
            return _command_entry(given, place)


def _command_entry(given: Command, place: Place) -> Entry:
    match given:
        case inputs.StartAsked():
            return CommandEntry(**place, command="start")
        case inputs.SpeedAsked(number, speed):
            text = "max" if speed is None else str(speed)
            return CommandEntry(**place, number=number, command="speed", speed=text)
        case inputs.PauseAsked(number):
            return CommandEntry(**place, number=number, command="pause")
        case inputs.ResumeAsked(number):
            return CommandEntry(**place, number=number, command="resume")
        case inputs.SeekAsked(number, at_ns):
            return CommandEntry(**place, number=number, command="seek", to_ns=at_ns)
        case inputs.RunUntilAsked(number, stop):
            return CommandEntry(**place, number=number, command="run-until", stop=stop)
        case inputs.ResetAsked(number):
            return CommandEntry(**place, number=number, command="reset")
        case inputs.FaultsAsked(number, plan):
            document = plan_document(plan)
            return CommandEntry(**place, number=number, command="faults", document=document)
        case inputs.LimitsAsked(number, limits):
            document = limits_document(limits)
            return CommandEntry(**place, number=number, command="limits", document=document)
        case _:
            assert_never(given)


def effect_entry(done: effects.AnyEffect, place: Place) -> Entry:
    """Return the entry of an effect; frames are told by PlayedEntry."""
    match done:
        case effects.Reply(number, reply):
            size = len(reply.body)
            return ReplyEntry(**place, number=number, status=reply.status, size=size)
        case effects.Accept(connection):
            return AcceptEntry(**place, connection=connection)
        case effects.Refuse(connection, reply):
            return RefuseEntry(**place, connection=connection, status=reply.status)
        case effects.CloseConnection(connection, code, reason):
            return CloseEntry(**place, connection=connection, code=code, reason=reason)
        case effects.AbortConnection(connection, is_reset):
            return AbortEntry(**place, connection=connection, is_reset=is_reset)
        case effects.ReachChanged(market, reach):
            return ReachEntry(**place, market=market, reach=reach.value)
        case effects.HistoryWanted(market):
            return HistoryEntry(**place, market=market, is_built=False)
        case effects.Started():
            return StartedEntry(**place)
        case effects.Ended():
            return EndedEntry(**place)
        case effects.ClockTold(number, clock):
            return ClockEntry(**place, number=number, clock=clock)
        case effects.SendFrames(connections, frames):
            count, size = len(connections), len(frames) * len(connections)
            return PlayedEntry(**place, from_ns=place["at_ns"], writes=count, size=size)
        case _:
            assert_never(done)


def body_of(data: bytes, *, kept_max: int = TRANSCRIPT_PAYLOAD_BYTES_MAX) -> Body:
    """Return bytes as an entry tells them, cut to what a transcript keeps."""
    kept = data[:kept_max]
    is_cut = len(data) > len(kept)
    if is_cut:
        # A secret cut in two would be found by no rule.
        kept = _OPEN_WORD.sub(b"", kept)
    try:
        return Body(len(data), text=kept.decode(), is_cut=is_cut)
    except UnicodeDecodeError:
        return Body(len(data), base64=kept, is_cut=is_cut)
