from replayx.session.audience import Audience
from replayx.session.connection import Connection
from replayx.venues.venue import Role, Subscription
from tests.fake_venue import FakeVenue, S
from tests.tapes import channel

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
