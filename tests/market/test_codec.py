from replayx.market.codec import Codec, Fact
from replayx.market.events import FeedKind, MarketFeed
from replayx.venues.registry import load_venue, venue_names


def test_every_venue_is_a_codec():
    for name in venue_names():
        codec: Codec = load_venue(name)
        assert codec.market_feed("no stream of any venue") is None
        assert codec.decode(MarketFeed(FeedKind.TRADE, "X"), [b"nonsense"]) == [None]


def test_a_fact_is_read_when_somebody_asks():
    fact = Fact(5, MarketFeed(FeedKind.TRADE, "X"), list)
    assert fact.read() == []
