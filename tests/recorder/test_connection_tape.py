"""What a connection carries becomes messages, events, interactions and gaps."""

import pytest

from replayx.cassette.records import ClientMessage, Closed, Control, Gap, Interaction, Opened
from replayx.framing import BINARY, CLOSE, PING, TEXT
from replayx.recorder.connection_tape import ConnectionTape
from replayx.recorder.frame_reader import Message, close_payload
from replayx.venues.registry import load_venue
from tests.recorder.fake_recording import FakeRecording

VENUE = load_venue("binance-spot")
TRADE = b'{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","t":%d}}'


def text(payload: bytes, opcode: int = TEXT) -> Message:
    return Message(opcode, payload, b"")


@pytest.fixture
def recording():
    return FakeRecording()


def tape(recording, target="/stream?streams=btcusdt@trade", **options):
    return ConnectionTape(recording, VENUE, VENUE.open(target), **options)


def test_an_opening_names_role_and_target(recording):
    tape(recording).opened((("A", "1"),), (("B", "2"),))
    (opened,) = recording.entries
    assert isinstance(opened, Opened)
    assert (opened.connection, opened.role, opened.market) == (7, "ws", "binance-spot")
    assert (opened.request_headers, opened.response_headers) == ((("A", "1"),), (("B", "2"),))
    assert recording.live


def test_a_message_goes_to_its_channel_and_a_hole_is_marked_before_it(recording):
    line = tape(recording)
    for number in (1, 2, 4):
        line.from_venue(text(TRADE % number), 5)
    first, second, gap, third = recording.entries
    assert [first, second, third] == [("btcusdt@trade", TRADE % n) for n in (1, 2, 4)]
    assert isinstance(gap, Gap)
    assert gap.channel == "btcusdt@trade"


def test_a_watched_channel_gives_its_payload_without_the_envelope(recording):
    seen = []
    line = tape(recording, watched={"btcusdt@trade": seen.append})
    line.from_venue(text(TRADE % 1), 5)
    assert seen == [b'{"e":"trade","s":"BTCUSDT","t":1}']


def test_the_subscription_follows_the_commands(recording):
    line = tape(recording, "/ws")
    line.from_client(text(b'{"method":"SUBSCRIBE","params":["ethusdt@trade"],"id":1}'), 5)
    line.from_venue(text(b'{"e":"trade","s":"ETHUSDT","t":1}'), 6)
    command, message = recording.entries
    assert isinstance(command, ClientMessage)
    assert message[0] == "ethusdt@trade"


def test_what_was_unsubscribed_in_between_is_not_missing(recording):
    line = tape(recording)
    line.from_venue(text(TRADE % 1), 5)
    for word in ("UNSUBSCRIBE", "SUBSCRIBE"):
        line.from_client(
            text(b'{"method":"%s","params":["btcusdt@trade"],"id":1}' % word.encode()), 6
        )
    line.from_venue(text(TRADE % 9), 7)
    assert not [entry for entry in recording.entries if isinstance(entry, Gap)]


def test_control_frames_and_binary_messages(recording):
    line = tape(recording)
    line.from_venue(text(b"1", PING), 5)
    line.from_client(text(b"2", BINARY), 6)
    control, message = recording.entries
    assert control == Control(0, 5, 7, False, PING, b"1")
    assert message == ClientMessage(0, 6, 7, BINARY, b"2")


def test_who_closes_first_says_why(recording):
    line = tape(recording)
    line.opened((), ())
    line.from_client(text(close_payload(4000, "mine"), CLOSE), 5)
    line.from_venue(text(close_payload(1000, "theirs"), CLOSE), 6)
    line.closed(1006, "", by="venue")
    assert recording.entries[1:] == [Closed(0, 5, 7, 4000, "mine", "client")]
    assert not recording.live


def test_a_request_with_its_reply_is_one_interaction(recording):
    line = tape(recording, "/ws-api/v3")
    ask, reply = b'{"id":"x","method":"time"}', b'{"id":"x","status":200,"result":{}}'
    line.from_client(text(ask), 100)
    line.from_venue(text(reply), 350)
    (event,) = recording.entries
    assert isinstance(event, Interaction)
    assert (event.method, event.request_body, event.response_body) == ("time", ask, reply)
    assert (event.latency_ns, event.status, event.connection) == (250, 200, 7)


def test_a_reply_to_nothing_is_a_message_and_so_is_a_request_without_a_reply(recording):
    line = tape(recording, "/ws-api/v3")
    line.from_venue(text(b'{"id":9,"status":200,"result":{}}'), 5)
    line.from_client(text(b'{"id":1,"method":"ping"}'), 6)
    line.from_client(text(b'{"id":1,"method":"time"}'), 6)  # the id is taken
    line.closed(1000, "", by="client", at_ns=7)
    reply, second, first, closed = recording.entries
    assert reply == ("", b'{"id":9,"status":200,"result":{}}')
    assert second.payload == b'{"id":1,"method":"time"}'
    assert first.payload == b'{"id":1,"method":"ping"}'
    assert isinstance(closed, Closed)


def test_a_reply_of_an_unknown_form_has_no_status(recording):
    line = tape(recording, "/ws-api/v3")
    request = VENUE.wsapi_request(b'{"id":1,"method":"ping"}')
    line.refused(request, b"not a reply", "replayx: why", 5)
    (event,) = recording.entries
    assert (event.status, event.label) == (0, "replayx: why")
