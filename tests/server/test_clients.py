"""Who a client says it is."""

import pytest

from replayx.errors import InvalidOption
from replayx.server.clients import client_of, split_client


@pytest.mark.parametrize(
    ("target", "split"),
    [
        ("/api/v3/time", ("", "/api/v3/time")),
        ("/~bot/api/v3/time", ("bot", "/api/v3/time")),
        ("/%7Ebot/ws/a?b=/~c/", ("bot", "/ws/a?b=/~c/")),
        ("/%7ebot", ("bot", "/")),
        ("/~bot?x=1", ("bot", "/?x=1")),
        ("/~/x", ("~", "/x")),
        ("/x/~bot/y", ("", "/x/~bot/y")),
    ],
)
def test_the_path_may_begin_with_a_client(target, split):
    assert split_client(target) == split


@pytest.mark.parametrize(
    ("name", "remote", "client"),
    [
        ("", "127.0.0.1", ""),
        ("", "127.8.8.8", ""),
        ("", "::1", ""),
        ("", "::ffff:127.0.0.1", ""),
        ("", None, ""),
        ("", "10.0.0.7", "10.0.0.7"),
        ("bot-1.a_b", "10.0.0.7", "bot-1.a_b"),
    ],
)
def test_clients_are_their_names_or_else_their_addresses(name, remote, client):
    assert client_of(name, remote) == client


@pytest.mark.parametrize("name", ["~", "a b", "-a", "a" * 65, "ä"])
def test_what_can_be_no_name_is_refused(name):
    with pytest.raises(InvalidOption, match="the client"):
        client_of(name, None)
