import pytest

from replayx.framing import BINARY, CLOSE, PING, PONG, frame
from replayx.session.inputs import MessageReceived, PingReceived, PongReceived
from replayx.session.uplink import BrokenFrame, Uplink

SAID = frame(b"a") + frame(b"b", PING) + frame(b"c", PONG) + frame(b"d", BINARY)
HEARD = [
    MessageReceived(1, b"a"),
    PingReceived(1, b"b"),
    PongReceived(1, b"c"),
    MessageReceived(1, b"d"),
]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_frames_are_read_in_whatever_pieces_they_come(size):
    uplink = Uplink(1)
    pieces = (SAID[at : at + size] for at in range(0, len(SAID), size))
    assert [one for piece in pieces for one in uplink.read(piece)] == HEARD


def test_a_message_in_several_frames_is_one():
    uplink = Uplink(1)
    assert list(uplink.read(b"\x01\x01a" + frame(b"x", PING))) == [PingReceived(1, b"x")]
    assert list(uplink.read(b"\x80\x01b")) == [MessageReceived(1, b"ab")]


def test_a_close_is_told_when_the_connection_has_ended():
    assert list(Uplink(1).read(frame(b"", CLOSE))) == []


@pytest.mark.parametrize(
    "broken", [b"\xc1\x00", b"\x83\x00", b"\x81\x80", b"\x81\x7f" + (1 << 40).to_bytes(8)]
)
def test_what_breaks_the_protocol_is_refused(broken):
    with pytest.raises(BrokenFrame):
        list(Uplink(1).read(broken))
