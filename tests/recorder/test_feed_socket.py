"""A connection of our own: recorded, its pings answered, its end told."""

import base64

from replayx.framing import CLOSE, PING, frame
from replayx.recorder.feed_socket import FeedSocket, handshake_headers
from replayx.recorder.frame_reader import FrameReader, Side, close_payload
from tests.recorder.fake_recording import FakeRecording


class FakeTape:
    """Notes what it is told."""

    def __init__(self):
        self.notes = []

    def from_venue(self, message, at_ns):
        self.notes.append(("venue", message.opcode, message.payload))

    def from_client(self, message, at_ns):
        self.notes.append(("client", message.opcode, message.payload))

    def closed(self, code, reason, *, by):
        self.notes.append(("closed", code, by))

    def gap(self, reason, *, at_ns=None):
        self.notes.append(("gap", reason))


class FakeTransport:
    """Keeps what is written."""

    def __init__(self):
        self.written = b""
        self.calls = []

    def write(self, data):
        self.written += data

    def __getattr__(self, name):
        return lambda: self.calls.append(name)

    def is_closing(self):
        return "close" in self.calls


class FakeUpstreamSocket:
    """An open connection."""

    def __init__(self):
        self.transport = FakeTransport()
        self.is_released = False

    def start(self, receiver):
        self.receiver = receiver

    def release(self):
        self.is_released = True


def feed():
    recording, tape, socket = FakeRecording(), FakeTape(), FakeUpstreamSocket()
    return FeedSocket(recording, tape, socket), recording, tape, socket


def written(socket):
    return [(m.opcode, m.payload) for m in FrameReader(Side.CLIENT).feed(socket.transport.written)]


async def test_messages_are_recorded_and_pings_answered():
    line, recording, tape, socket = feed()
    recording.now_ns = 5_000
    line.data(frame(b"a") + frame(b"17", PING))
    assert tape.notes == [("venue", 1, b"a"), ("venue", 9, b"17"), ("client", 10, b"17")]
    assert written(socket) == [(10, b"17")]
    assert line.last_ns == 5_000


async def test_a_close_by_the_venue_is_answered_and_is_a_gap():
    line, _, tape, socket = feed()
    payload = close_payload(1001, "maintenance")
    line.data(frame(payload, CLOSE) + frame(b"after"))
    line.lost()
    assert written(socket) == [(CLOSE, payload)]
    assert ("gap", "the venue closed the connection") in tape.notes
    assert len(tape.notes) == 2
    assert line.ended.is_set()
    assert socket.is_released


async def test_a_drop_is_a_gap():
    line, recording, tape, _ = feed()
    line.lost()
    assert tape.notes == [("gap", "the venue dropped the connection"), ("closed", 1006, "venue")]
    assert recording.attached == []


async def test_closing_it_ourselves_is_none():
    line, _, tape, socket = feed()
    line.close(1000, "renewed")
    line.close(1000, "again")
    line.data(frame(b"late"))
    line.lost()
    assert tape.notes == [("closed", 1000, "recorder")]
    assert written(socket) == [(CLOSE, close_payload(1000, "renewed"))]


async def test_a_broken_frame_ends_it():
    line, _, tape, socket = feed()
    line.data(b"\xf1\x00")
    assert tape.notes[0][0] == "gap"
    assert written(socket)[0][1][:2] == (1002).to_bytes(2, "big")


async def test_it_pauses_and_resumes_until_it_closes():
    line, _, _, socket = feed()
    line.pause()
    line.resume()
    line.abort()
    assert socket.transport.calls == ["pause_reading", "resume_reading", "abort"]
    line.close(1000, "")
    line.pause()
    line.resume()
    assert socket.transport.calls[3:] == ["close"]


def test_a_handshake_has_a_key_of_sixteen_bytes():
    headers = dict(handshake_headers("me"))
    assert len(base64.b64decode(headers["Sec-WebSocket-Key"])) == 16
    assert headers["User-Agent"] == "me"
