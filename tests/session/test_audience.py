from replayx.session.audience import Audience
from replayx.session.connection import Connection
from replayx.timeline.merge import Run
from replayx.timeline.view import Insertion
from replayx.venues.venue import Role, Subscription
from tests.fake_venue import FakeVenue, S
from tests.tapes import batch, channel, payloads

CHANNELS = {0: channel(0, "a"), 1: channel(1, "b")}


def _joined(audience, number, *names, now_ns=0):
    subscription = Subscription(Role.STREAM, "/s", dict.fromkeys(names))
    connection = Connection(number, "fake", FakeVenue(), subscription, now_ns)
    audience.add(connection)
    audience.watch(connection)
    return connection


def test_equal_subscriptions_share_a_view():
    audience = Audience([CHANNELS])
    _joined(audience, 1, "a", "b")
    _joined(audience, 2, "b", "a")
    _joined(audience, 3, "a")
    assert sorted(audience.watchers.values()) == [(1, 2), (3,)]
    assert audience.watcher_count == 3


def test_who_changes_a_subscription_changes_view():
    audience = Audience([CHANNELS])
    connection = _joined(audience, 1, "a")
    connection.subscription.channels["b"] = None
    assert audience.watch(connection)
    assert list(audience.watchers.values()) == [(1,)]
    connection.subscription.channels.clear()
    assert not audience.watch(connection)
    assert (audience.watchers, audience.watcher_count) == ({}, 0)


def test_who_is_removed_is_gone():
    audience = Audience([CHANNELS])
    _joined(audience, 1, "a")
    audience.remove(1)
    audience.remove(1)
    assert (audience.watchers, audience.numbers(), audience.get(1)) == ({}, [], None)
    assert audience.liveness_ns is None


def test_the_first_timer_is_known():
    audience = Audience([CHANNELS])
    _joined(audience, 1, now_ns=5 * S)
    _joined(audience, 2)
    assert audience.liveness_ns == 20 * S
    assert audience.due(20 * S - 1) == []
    assert [one.number for one in audience.due(20 * S)] == [2]


class _Derived:
    """Puts a message of what is not recorded behind every message."""

    def insert(self, names):
        made = [name for name in names if name not in ("a", "b")]
        if not made:
            return None
        return lambda source, batch, **_: [Insertion(0, False, made[0], b"derived")]

    def replaced(self, names):
        return frozenset()


def test_what_is_derived_is_in_the_view():
    audience = Audience([CHANNELS], derived={"fake": _Derived()})
    connection = _joined(audience, 1, "a", "c")
    run = Run(0, batch([(1, 0, b"x"), (2, 1, b"y")]), 0, 2)
    assert payloads(connection.view.frames(run, 0, 2, frozenset())) == [b"x", b"derived"]


def test_all_views_are_made_anew_when_what_is_derived_changes():
    audience = Audience([CHANNELS], derived={"fake": _Derived()})
    for number in (1, 2):
        _joined(audience, number, "a")
    idle = _joined(audience, 3)
    views = list(audience.watchers)
    audience.watch_anew()
    assert list(audience.watchers.values()) == [(1, 2)]
    assert list(audience.watchers) != views
    assert (idle.view, audience.watcher_count) == (None, 2)
