"""Redaction of a whole chunk: its events, the channels it declares, and its frames.

The events come first: they hold what the client sent, so that what is secret is known before the
frames, which may repeat it, are searched.
"""

from array import array
from collections.abc import Collection
from itertools import accumulate

from replayx.cassette.open_chunk import SealedChunk
from replayx.cassette.records import (
    AnyEvent,
    Channel,
    ChannelKind,
    ClientMessage,
    Closed,
    Control,
    Gap,
    Interaction,
    Opened,
)
from replayx.cassette.redact import Redactor
from replayx.framing import frame, split_frames

_TOO_LARGE = "body left out: too large to search for secrets"


def redact_chunk(chunk: SealedChunk, private: Collection[int], redactor: Redactor) -> SealedChunk:
    """Return the chunk without secrets.

    `private` are the numbers of the channels that are no public streams: replies, private events,
    what could not be classified. Their messages are searched by name like a body; public streams
    only for secrets already seen, in place.
    """
    known = redactor.learned
    events = [redact_event(event, redactor) for event in chunk.events]
    if not chunk.channel_frames.keys().isdisjoint(private):
        chunk = _redact_messages(chunk, private, redactor)
    if redactor.learned != known:
        # Rare: what a later event or message has told to be secret may stand in an earlier event.
        events = [redact_event(event, redactor) for event in chunk.events]
    redactor.scrub(chunk.frames)
    return chunk._replace(events=events)


def redact_channel(channel: Channel, redactor: Redactor) -> Channel:
    """Return a channel whose name and envelope hold no secret."""
    return Channel(
        channel.number,
        channel.market,
        redactor.word(channel.name),
        channel.kind,
        channel.connection,
        redactor.text(channel.prefix),
        redactor.text(channel.suffix),
        channel.origin,
    )


def is_private(channel: Channel) -> bool:
    """Say whether a channel's messages are to be searched for secrets by name."""
    return channel.kind is not ChannelKind.STREAM


def redact_event(event: AnyEvent, redactor: Redactor) -> AnyEvent:
    """Return an event without secrets."""
    match event:
        case Interaction():
            return _redact_interaction(event, redactor)
        case Opened():
            return Opened(
                event.place,
                event.at_ns,
                event.connection,
                event.market,
                event.role,
                redactor.target(event.target),
                redactor.headers(event.request_headers),
                event.status,
                redactor.headers(event.response_headers),
                event.continued,
            )
        case Closed(place, at_ns, connection, code, reason, by):
            return Closed(place, at_ns, connection, code, redactor.word(reason), by)
        case ClientMessage(place, at_ns, connection, opcode, payload):
            return ClientMessage(place, at_ns, connection, opcode, redactor.text(payload))
        case Control(place, at_ns, connection, sent, opcode, payload):
            return Control(place, at_ns, connection, sent, opcode, redactor.text(payload))
        case Gap(place, at_ns, market, connection, channel, reason):
            name = redactor.word(channel)
            return Gap(place, at_ns, market, connection, name, redactor.word(reason))


def _redact_interaction(event: Interaction, redactor: Redactor) -> Interaction:
    target = redactor.target(event.target)
    request_headers = redactor.headers(event.request_headers)
    request_body, request_headers = redactor.body(event.request_body, request_headers)
    response_headers = redactor.headers(event.response_headers)
    response_body, response_headers = redactor.body(event.response_body, response_headers)
    left_out = (event.response_body and not response_body) or (
        event.request_body and not request_body
    )
    return Interaction(
        event.place,
        event.at_ns,
        event.market,
        event.kind,
        event.connection,
        event.method,
        target,
        request_headers,
        request_body,
        event.status,
        response_headers,
        response_body,
        event.latency_ns,
        _TOO_LARGE if left_out else redactor.word(event.label),
    )


def _redact_messages(
    chunk: SealedChunk, private: Collection[int], redactor: Redactor
) -> SealedChunk:
    """Search the messages of private channels by name; replacements may differ in length."""
    numbers = memoryview(chunk.channel).cast("H")
    lengths = array("I", memoryview(chunk.length).cast("I"))
    ends = list(accumulate(lengths, initial=0))
    parts: list[bytes | bytearray] = []
    position = 0
    for k, number in enumerate(numbers):
        if number not in private:
            continue
        ((opcode, payload),) = split_frames(bytes(chunk.frames[ends[k] : ends[k + 1]]))
        clean = frame(redactor.text(bytes(payload)), opcode)
        lengths[k] = len(clean)
        parts += (chunk.frames[position : ends[k]], clean)
        position = ends[k + 1]
    parts.append(chunk.frames[position:])
    return chunk._replace(length=lengths.tobytes(), frames=bytearray().join(parts))
