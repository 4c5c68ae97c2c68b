import pytest

from replayx.server.control.routes import ROUTES


def route(method, path):
    (found,) = (one for one in ROUTES if (one.method, one.path) == (method, path))
    return found


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/connections/7", "7"),
        ("/connections/0", "0"),
        ("/connections/", None),
        ("/connections/-1", None),
        ("/connections/7/", None),
        ("/connections/\u0667", None),
        ("/connections/" + "9" * 13, None),
    ],
)
def test_numbers_in_paths(path, number):
    assert route("DELETE", "/connections/{number}").part(path) == number


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/faults/slow-feed.2", "slow-feed.2"),
        ("/faults/slow books", "slow books"),
        ("/faults/..", None),
        ("/faults/", None),
        ("/faults/a/b", None),
        ("/faults/" + "a" * 65, None),
    ],
)
def test_names_in_paths(path, name):
    assert route("DELETE", "/faults/{name}").part(path) == name


def test_a_path_without_a_number_has_none():
    assert route("GET", "/clock").part("/clock") == ""
    assert route("GET", "/clock").part("/clock/seek") is None


def test_what_changes_something_is_a_command():
    assert [one.path for one in ROUTES if one.commands] == [
        "/clock",
        "/clock/advance",
        "/clock/seek",
        "/clock/run-until",
        "/reset",
        "/faults",
        "/faults",
        "/limits",
    ]


def test_every_handler_stands_once():
    handlers = [one.handler for one in ROUTES]
    assert len({*handlers}) == len(handlers)
