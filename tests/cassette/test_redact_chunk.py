"""A chunk without secrets: events, channels and frames, the columns still true."""

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.records import (
    Channel,
    ChannelKind,
    ClientMessage,
    Closed,
    Control,
    Gap,
    Interaction,
    Opened,
)
from replayx.cassette.redact import Redactor, SecretRules
from replayx.cassette.redact_chunk import is_private, redact_channel, redact_chunk
from replayx.framing import split_frames

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
RULES = SecretRules(
    identifiers=frozenset({"x-key", "listenkey"}),
    erased=frozenset({"signature"}),
    path_token_lengths=frozenset({64}),
)
PUBLIC, PRIVATE = 0, 1


def filled() -> OpenChunk:
    chunk = OpenChunk(10)
    chunk.append(11, PUBLIC, b'{"p":"1"}')
    chunk.append(12, PRIVATE, f'{{"signature":"{SIGNATURE}"}}'.encode())
    chunk.append(13, PUBLIC, f'{{"k":"{KEY}"}}'.encode())
    place = chunk.frame_count
    headers = (("X-Key", KEY),)
    secret_body = f'{{"listenKey":"{KEY}"}}'.encode()
    for event in (
        Opened(place, 14, 1, "m", "ws", f"/ws/{KEY}", headers, 101, headers),
        ClientMessage(place, 14, 1, 1, secret_body),
        Control(place, 14, 1, True, 9, KEY.encode()),
        Interaction(
            place, 14, "m", "rest", 0, "POST", f"/k?signature={SIGNATURE}", headers,
            secret_body, 200, headers, secret_body, 5, f"{KEY} seen",
        ),
        Gap(place, 14, "m", 1, KEY, f"lost {KEY}"),
        Closed(place, 15, 1, 1008, f"bad {KEY}"),
    ):  # fmt: skip
        chunk.add(event)
    return chunk


def test_no_secret_is_left_in_events_or_frames():
    sealed = redact_chunk(filled().seal(), {PRIVATE}, Redactor(RULES, b"salt"))
    columns, _ = sealed.columns()
    assert KEY.encode() not in columns
    assert SIGNATURE.encode() not in columns
    assert len(sealed.events) == 6


def test_lengths_follow_what_was_replaced():
    sealed = redact_chunk(filled().seal(), {PRIVATE}, Redactor(RULES, b"salt"))
    lengths = memoryview(sealed.length).cast("I").tolist()
    payloads = [bytes(payload) for _, payload in split_frames(bytes(sealed.frames))]
    assert lengths == [len(p) + 2 for p in payloads]
    assert payloads[0] == b'{"p":"1"}'
    assert payloads[1] == b'{"signature":"REDACTED"}'
    assert len(payloads[2]) == len(KEY) + 8


def test_a_public_stream_is_searched_for_known_secrets_alone():
    chunk = OpenChunk(10)
    payload = f'{{"signature":"{SIGNATURE}"}}'.encode()
    chunk.append(11, PUBLIC, payload)
    sealed = redact_chunk(chunk.seal(), set(), Redactor(RULES, b"salt"))
    assert payload in sealed.frames


def test_a_channel_named_by_a_key_is_renamed_as_the_key_is():
    redactor = Redactor(RULES, b"salt")
    prefix = f'{{"stream":"{KEY}","data":'.encode()
    channel = Channel(1, "m", KEY, ChannelKind.USER, 1, prefix, b"}")
    clean = redact_channel(channel, redactor)
    assert clean.name == redactor.word(KEY) != KEY
    assert clean.prefix == f'{{"stream":"{clean.name}","data":'.encode()
    assert is_private(clean)
    assert not is_private(Channel(1, "m", "a@trade", ChannelKind.STREAM))


def test_what_is_told_to_be_secret_later_is_found_earlier():
    key = "SRLbOG3WRvzu8DwKtQVn"  # of no length that would give it away
    chunk = OpenChunk(10)
    for event in (
        Closed(0, 11, 1, 1008, f"bad {key}"),
        ClientMessage(0, 11, 1, 1, f"hello {key[::-1]}".encode()),
        Opened(0, 12, 2, "m", "ws", "/", (("X-Key", key),), 101, ()),
    ):
        chunk.add(event)
    chunk.append(13, PRIVATE, f'{{"listenKey":"{key[::-1]}"}}'.encode())
    sealed = redact_chunk(chunk.seal(), {PRIVATE}, Redactor(RULES, b"salt"))
    closed, said, opened = sealed.events
    assert closed.reason == f"bad {opened.request_headers[0][1]}" != f"bad {key}"
    assert key[::-1].encode() not in said.payload
