from replayx.market.events import FeedKind, MarketFeed
from replayx.venues.market_side import MarketSide
from replayx.venues.venue import RequestKey

KEY = RequestKey("GET", "/depth", ())


class Silent(MarketSide):
    """A venue whose market nobody has described."""


def test_a_venue_that_describes_no_market_is_served_as_recorded():
    venue = Silent()
    feed = MarketFeed(FeedKind.TRADE, "BTCUSDT")
    assert venue.market_feed("btcusdt@trade") is None
    assert venue.decode(feed, [b"{}", b"{}"]) == [None, None]
    assert venue.answer_feed(KEY) is None
    assert list(venue.decode_answer(feed, b"{}")) == []
    assert not venue.derives(KEY)
    assert not venue.prefers_recording(KEY)
    assert venue.symbols_of(KEY) == ()
    assert venue.follows_from("btcusdt@trade", [feed]) is None
    assert venue.coverage([feed], [KEY]) == ()
