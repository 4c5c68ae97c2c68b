import pytest

from replayx.cassette.records import ChannelKind
from replayx.recorder.capture_channels import ChannelTable, ImportedConnection
from replayx.recorder.capture_survey import place_of


class Declared(list):
    """Takes declarations as a writer does."""

    declare = list.append


@pytest.fixture
def declared():
    return Declared()


def test_a_channel_is_declared_once_a_connection_and_envelope(declared):
    table = ChannelTable(declared)
    first, second = (ImportedConnection(n, place_of("wss://x.test", "ws"), "") for n in (1, 2))
    wrapped = b'{"stream":"a","data":1}'
    numbers = [
        table.number(first, "a", wrapped),
        table.number(first, "a", wrapped),
        table.number(first, "a", b"raw"),
        table.number(first, "a", wrapped),
        table.number(second, "a", wrapped),
        table.number(second, None, wrapped),
    ]
    assert numbers == [0, 0, 1, 0, 2, 3]
    assert [(one.name, one.connection, one.suffix) for one in declared] == [
        ("a", 1, b"}"), ("a", 1, b""), ("a", 2, b"}"), ("", 2, b""),
    ]  # fmt: skip


def test_a_venue_that_refuses_the_target_attributes_nothing(declared):
    place = place_of("wss://stream.binance.com:9443", "ws")
    connection = ImportedConnection(1, place, "/nowhere/at/all")
    assert connection.subscription is None
    connection.follow(b'{"method":"SUBSCRIBE","params":["a@trade"],"id":1}')
    ChannelTable(declared).number(connection, None, b"{}")
    assert declared[0].kind is ChannelKind.OPAQUE
