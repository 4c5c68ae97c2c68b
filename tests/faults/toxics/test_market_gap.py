"""Gaps: which messages are missing is counted on each channel of the kind, whatever the batches."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.contract import check_toxic
from replayx.faults.flow import Flow, Part
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.toxics.depth_gap import DepthGap
from replayx.faults.toxics.trade_gap import TradeGap
from replayx.framing import frame
from replayx.venues.registry import load_venue

SPOT = load_venue("binance-spot")
LINK = Link("binance-spot", Carrier.WS, Direction.DOWNSTREAM, 1)
DEPTH, TRADE = "btcusdt@depth@100ms", "btcusdt@trade"


def flow(channels, venue=SPOT):
    framed = [frame(b"%d" % k) for k in range(len(channels))]
    ends = [0]
    for one in framed:
        ends.append(ends[-1] + len(one))
    return Flow(
        0, 0, memoryview(b"".join(framed)), ends, channel=channels,
        at_ns=range(len(channels)), venue=venue,
    )  # fmt: skip


def missing(toxic, *batches):
    """Return which messages of all batches together are gone."""
    running, gone, first = toxic.on_link(LINK), [], 0
    for channels in batches:
        one = flow(channels)
        touched = running.apply(one, range(len(channels)), None)
        kept = {k for part in one.parts for k in range(part.first, part.stop)}
        assert kept | set(touched) == set(range(len(channels)))
        assert not kept & set(touched)
        gone += [first + k for k in touched]
        first += len(channels)
    return gone


@pytest.mark.parametrize(
    ("toxic", "gone"),
    [
        (DepthGap(), [1, 2]),
        (DepthGap(count=2), [1, 2, 4, 7]),
        (DepthGap(of_every=2), [4, 7, 9]),
        (DepthGap(count=2, of_every=3), [4, 6, 7]),
        (TradeGap(), [0, 3, 5, 8]),
        (TradeGap(count=1), [0, 5]),
    ],
)
def test_messages_of_the_kind_are_missing_on_each_channel(toxic, gone):
    other, agg = "ethusdt@depth", "btcusdt@aggTrade"
    channels = [TRADE, DEPTH, other, TRADE, DEPTH, agg, DEPTH, other, agg, DEPTH, "", "!x@arr"]
    assert missing(toxic, channels) == gone


@given(
    st.lists(st.sampled_from([DEPTH, TRADE]), max_size=40), st.integers(0, 40), st.integers(1, 3)
)
def test_batches_change_nothing(channels, cut, count):
    toxic = DepthGap(count=count, of_every=5)
    assert missing(toxic, channels) == missing(toxic, channels[:cut], channels[cut:])


def test_a_message_that_is_gone_already_is_not_taken_again():
    one = flow([DEPTH, DEPTH])
    one.parts = [Part(1, 2, 0)]
    assert list(DepthGap().on_link(LINK).apply(one, range(2), None)) == []
    assert one.parts == [Part(1, 2, 0)]


def test_without_a_venue_nothing_is_known_to_count():
    one = flow([DEPTH], venue=None)
    assert list(DepthGap().on_link(LINK).apply(one, range(1), None)) == []


def test_it_acts_on_what_the_venue_streams_alone():
    assert DepthGap().on_link(LINK._replace(direction=Direction.UPSTREAM)) is None
    assert DepthGap().on_link(LINK._replace(carrier=Carrier.WSAPI)) is None


@pytest.mark.parametrize("toxic", [DepthGap(count=2, of_every=5), TradeGap()])
def test_the_contract_is_kept(toxic):
    check_toxic(toxic, venue=SPOT)


@pytest.mark.parametrize("written", [{"count": 0}, {"count": 3, "of_every": 3}, {"of_every": -1}])
def test_what_leaves_nothing_is_no_gap(written):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, DepthGap)
