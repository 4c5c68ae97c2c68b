"""Dialogues on a stream connection."""

import msgspec
import pytest

from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.venue import Close, CommandOutcome, Role, Subscription

VARIANTS = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"


def raw(*channels: str) -> Subscription:
    return Subscription(Role.STREAM, "/ws", dict.fromkeys(channels))


def say(subscription: Subscription, message: str) -> CommandOutcome:
    return BinanceSpot().command(subscription, message.encode())


# The examples of web-socket-streams.md, in one conversation.
DIALOGUE = [
    (
        '{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","btcusdt@depth"],"id":1}',
        '{"result":null,"id":1}',
        True,
    ),
    (
        '{"method":"LIST_SUBSCRIPTIONS","id":3}',
        '{"result":["btcusdt@aggTrade","btcusdt@depth"],"id":3}',
        False,
    ),
    ('{"method":"SUBSCRIBE","params":["btcusdt@depth"],"id":4}', '{"result":null,"id":4}', False),
    ('{"method":"SUBSCRIBE","params":["NO@such"],"id":5}', '{"result":null,"id":5}', True),
    (
        '{"method":"UNSUBSCRIBE","params":["btcusdt@depth"],"id":312}',
        '{"result":null,"id":312}',
        True,
    ),
    (
        '{"method":"UNSUBSCRIBE","params":["btcusdt@depth"],"id":313}',
        '{"result":null,"id":313}',
        False,
    ),
    (
        '{"method":"LIST_SUBSCRIPTIONS","params":[],"id":"abc"}',
        '{"result":["btcusdt@aggTrade","NO@such"],"id":"abc"}',
        False,
    ),
    ('{"method":"GET_PROPERTY","params":["combined"],"id":2}', '{"result":false,"id":2}', False),
    (
        '{"method":"SET_PROPERTY","params":["combined",true],"id":5}',
        '{"result":null,"id":5}',
        True,
    ),
    ('{"method":"GET_PROPERTY","params":["combined"],"id":2}', '{"result":true,"id":2}', False),
    (
        '{"method":"SET_PROPERTY","params":["combined",true],"id":6}',
        '{"result":null,"id":6}',
        False,
    ),
]


def test_a_dialogue() -> None:
    subscription = raw()
    for message, reply, changed in DIALOGUE:
        assert say(subscription, message) == CommandOutcome(reply=reply.encode(), changed=changed)
    assert list(subscription.channels) == ["btcusdt@aggTrade", "NO@such"]
    assert subscription.combined


@pytest.mark.parametrize(
    "text",
    ["1", "0", "-5", "9223372036854775807", '"abc"', '"7f3e-4b"', '"\\u0041"', "null", '""'],
)
def test_the_id_comes_back_as_it_was_written(text: str) -> None:
    reply = say(raw(), f'{{"id": {text} ,"method":"SUBSCRIBE","params":["a@trade"]}}').reply
    assert reply == f'{{"result":null,"id":{text}}}'.encode()


def test_a_request_without_an_id() -> None:
    assert say(raw(), '{"method":"SUBSCRIBE","params":[]}').reply == b'{"result":null,"id":null}'


def error(code: int, text: str, request_id: object = None) -> dict[str, object]:
    return {"error": {"code": code, "msg": text}, "id": request_id}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("this is not json", error(3, "Invalid JSON: expected value at line 1 column 5")),
        ("", error(3, "Invalid JSON: expected value at line 1 column 0")),
        ('{"a":\n x}', error(3, "Invalid JSON: expected value at line 2 column 2")),
        (
            '{"method":"NO_SUCH_METHOD","params":[],"id":4}',
            error(
                2,
                "Invalid request: unknown variant `NO_SUCH_METHOD`, expected one of "
                f"{VARIANTS} at line 1 column 26",
                4,
            ),
        ),
        (
            '{"params":[],"id":4}',
            error(2, "Invalid request: missing field `method` at line 1 column 20", 4),
        ),
        (
            '["SUBSCRIBE"]',
            error(2, "Invalid request: invalid type: sequence, expected a map at line 1 column 13"),
        ),
        (
            '{"method":"SUBSCRIBE","params":"a@trade","id":4}',
            error(
                2,
                "Invalid request: invalid type: string, expected a sequence at line 1 column 48",
                4,
            ),
        ),
        (
            '{"method":"SUBSCRIBE","params":[1],"id":4}',
            error(2, "Invalid request: invalid stream", 4),
        ),
        *(
            (
                f'{{"method":"SUBSCRIBE","params":["a@trade"],"id":{bad}}}',
                error(2, "Invalid request: request ID must be an unsigned integer"),
            )
            for bad in ("1.5", "true", "{}", "[1]", '"' + "x" * 37 + '"', "9223372036854775808")
        ),
        (
            '{"method":"LIST_SUBSCRIPTIONS","params":["x"],"id":4}',
            error(2, "Invalid request: too many parameters", 4),
        ),
        (
            '{"method":"SET_PROPERTY","params":["combined",true,1],"id":4}',
            error(2, "Invalid request: too many parameters", 4),
        ),
        (
            '{"method":"SET_PROPERTY","params":["combined",1],"id":4}',
            error(1, "Invalid value type: expected Boolean", 4),
        ),
        (
            '{"method":"SET_PROPERTY","params":["combined"],"id":4}',
            error(1, "Invalid value type: expected Boolean", 4),
        ),
        ('{"method":"SET_PROPERTY","params":["x",true],"id":4}', error(0, "Unknown property", 4)),
        ('{"method":"GET_PROPERTY","params":["x"],"id":4}', error(0, "Unknown property", 4)),
        (
            '{"method":"GET_PROPERTY","params":[7],"id":4}',
            error(2, "Invalid request: property name must be a string", 4),
        ),
        (
            '{"method":"GET_PROPERTY","id":4}',
            error(2, "Invalid request: property name must be a string", 4),
        ),
    ],
)
def test_errors_change_nothing(message: str, expected: dict[str, object]) -> None:
    subscription = raw("b@trade")
    outcome = say(subscription, message)
    assert outcome.reply is not None
    assert msgspec.json.decode(outcome.reply) == expected
    assert (outcome.close, outcome.changed) == (None, False)
    assert subscription == raw("b@trade")


@pytest.mark.parametrize("message", [b"\xff\xfe", b'{"method":"SUBSCRIBE\xff"}', b"[" * 100_000])
def test_bytes_that_are_no_request_get_an_error(message: bytes) -> None:
    reply = BinanceSpot().command(raw(), message).reply
    assert reply is not None
    assert reply.startswith(b'{"error":{"code":3,"msg":"Invalid JSON: ')


def test_too_many_streams_close_the_connection() -> None:
    subscription = raw(*(f"s{number}@trade" for number in range(1023)))
    last = say(subscription, '{"method":"SUBSCRIBE","params":["last@trade"],"id":1}')
    assert last.close is None
    over = say(subscription, '{"method":"SUBSCRIBE","params":["over@trade"],"id":2}')
    assert over == CommandOutcome(
        reply=b'{"error":{"code":4,"msg":"Too many subscriptions"},"id":2}',
        close=Close(1008, "Invalid request"),
    )
    assert len(subscription.channels) == 1024
