"""A replay server of a small tape of the fake venue, on a free port."""

from contextlib import asynccontextmanager
from fractions import Fraction

import pytest

from replayx.cassette.records import ChannelKind
from replayx.server import deck, listeners
from replayx.server.replay_server import ReplayOptions, ReplayServer
from tests.fake_venue import FakeVenue
from tests.tapes import channel, interaction, sealed, write_cassette

CHANNELS = [
    channel(0, "a", prefix=b"<a|", suffix=b">"),
    channel(1, "b", prefix=b"<b|", suffix=b">"),
    channel(2, "", kind=ChannelKind.REPLY),
]
MS = 1_000_000
T0 = 1_700_000_000_000 * MS
ROWS = [(T0 + k * MS, k % 2, b"<%s|%s>" % (b"ab"[k % 2 : k % 2 + 1], b"%d" % k)) for k in range(40)]


@pytest.fixture
def tape(tmp_path):
    """Return a cassette of 40 messages in 39 ms, two chunks, and some requests."""
    events = [
        interaction(T0 + 40 * MS, "/d?a=1", b"depth", place=20),
        interaction(T0 + 40 * MS, "/o", b"order", place=20, method="POST", request_body=b"q"),
    ]
    return write_cassette(
        tmp_path / "tape.rpx", CHANNELS, [sealed(ROWS[:20]), sealed(ROWS[20:], events)]
    )


@pytest.fixture
def serve(tape, monkeypatch):
    """Return a context manager that serves the tape and gives (server, base URLs)."""
    monkeypatch.setattr(deck, "load_venue", lambda name: FakeVenue())
    monkeypatch.setattr(
        listeners,
        "venue_of_host",
        lambda host: (FakeVenue(), None) if host.startswith("api.fake.example") else None,
    )

    @asynccontextmanager
    async def serving(*paths, **options):
        given = {"speed": None, **options}
        if isinstance(given["speed"], int):
            given["speed"] = Fraction(given["speed"])
        async with ReplayServer(paths or (tape,), ReplayOptions(**given)) as server:
            yield server, server.urls["fake"]

    return serving
