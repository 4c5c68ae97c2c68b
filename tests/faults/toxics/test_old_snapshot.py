"""old_snapshot: a depth answer is of an earlier position; no other answer is."""

import pytest

from replayx.faults.attributes import Duration
from replayx.faults.contract import check_toxic
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxics.old_snapshot import OldSnapshot
from replayx.market.events import FeedKind
from replayx.venues.venue import RequestKey

LINK = Link("m", Carrier.REST, Direction.DOWNSTREAM)


def trip(tells, at_ns=100):
    key = RequestKey("GET", "/depth", ())
    return RoundTrip(
        link=LINK, index=0, key=key, symbols=(), at_ns=at_ns, now_ns=0, tells=tells
    )  # fmt: skip


@pytest.mark.parametrize("carrier", [Carrier.REST, Carrier.WSAPI])
@pytest.mark.parametrize(
    ("tells", "at_ns", "as_of_ns"),
    [
        (FeedKind.BOOK_SNAPSHOT, 100, 70),
        (FeedKind.BOOK_SNAPSHOT, 10, 0),
        (FeedKind.TRADE, 100, None),
        (None, 100, None),
    ],
)
def test_depth_answers_are_old(carrier, tells, at_ns, as_of_ns):
    running = OldSnapshot(age=Duration(30)).on_requests(LINK._replace(carrier=carrier))
    asked = trip(tells, at_ns)
    assert running.apply(asked, ()) == (as_of_ns is not None)
    assert asked.as_of_ns == as_of_ns


def test_it_acts_on_no_stream():
    assert OldSnapshot().on_requests(LINK._replace(carrier=Carrier.WS)) is None
    check_toxic(OldSnapshot())
