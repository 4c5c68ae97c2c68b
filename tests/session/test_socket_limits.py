"""What a connection may send, and when it is closed."""

from replayx.framing import split_frames
from replayx.session.effects import CloseConnection, SendFrames
from replayx.session.inputs import ConnectionLost, PingReceived, PongReceived
from tests.session.limited import limited

PING = "/api/v3/ping"


def messages(effects):
    frames = b"".join(bytes(one.frames) for one in effects if isinstance(one, SendFrames))
    return [payload for _, payload in split_frames(frames)]


def listing(number):
    return b'{"method":"LIST_SUBSCRIPTIONS","id":%d}' % number


def test_one_message_too_many_closes_the_connection():
    play = limited()
    play.open(1, "/ws")
    for number in range(4):
        assert messages(play.say(1, listing(number)))
    [pong] = play.session.handle(PingReceived(1, b"x"), play.now_ns)
    assert isinstance(pong, SendFrames)
    assert play.say(1, listing(5)) == [CloseConnection(1, 1008, "Too many requests")]
    assert play.say(1, listing(6)) == []


def test_five_messages_a_second_pass_for_ever():
    play = limited()
    play.open(1, "/ws")
    for number in range(50):
        assert messages(play.say(1, listing(number))), number
        play.wait(0.2)


def test_unsolicited_pongs_count():
    play = limited({"ws_limit": 1, "ws_burst": 2})
    play.open(1, "/ws")
    pongs = [play.session.handle(PongReceived(1, b""), play.now_ns) for _ in range(3)]
    assert pongs == [[], [], [CloseConnection(1, 1008, "Too many requests")]]


def test_a_message_that_is_too_large_closes_the_connection():
    play = limited({"sockets": {"message_bytes": 50}})
    play.open(1, "/ws")
    assert messages(play.say(1, listing(1)))
    large = b'{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}'
    assert play.say(1, large) == [CloseConnection(1, 1009, "")]


def test_who_is_cut_off_again_and_again_is_banned():
    play = limited({"ws_limit": 1, "sockets": {"cuts": 1}})
    play.open(9, "/ws-api/v3")
    for number in (1, 2):
        play.open(number, "/ws")
        play.say(number, listing(1))
        effects = play.say(number, listing(2))
    assert effects == [
        CloseConnection(2, 1008, "Too many requests"),
        CloseConnection(9, 1008, "disconnected"),
    ]
    assert play.get(PING)[0] == 418


def test_a_connection_that_is_gone_leaves_nothing():
    play = limited()
    play.open(1, "/ws")
    play.say(1, listing(1))
    play.session.handle(ConnectionLost(1), play.now_ns)
    assert play.session.limiting.sockets._sockets == {}


def test_each_connection_may_send_as_much():
    play = limited()
    for number in (1, 2):
        play.open(number, "/ws")
        for k in range(5):
            assert messages(play.say(number, listing(k)))
