"""The words of the protocol that a cassette stores."""

from replayx.cassette.records import ChannelKind
from replayx.venues.venue import NO_ENVELOPE, Carried, Role


def test_roles_are_the_words_of_a_cassettes_hosts() -> None:
    assert [role.value for role in Role] == ["rest", "ws", "wsapi"]


def test_kinds_of_messages_are_those_of_a_cassettes_channels() -> None:
    for kind in ("stream", "reply", "user", "opaque"):
        assert ChannelKind[kind.upper()].name.lower() == Carried("", kind, NO_ENVELOPE).kind
