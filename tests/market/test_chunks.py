from replayx.limits import CHUNK_CACHE_COUNT
from replayx.market.chunks import Chunks
from replayx.market.events import FeedKind, MarketFeed
from replayx.market.segments import Piece
from tests.market.fake_codec import FakeCodec, trade
from tests.tapes import batch, channel, source

TRADES = (FeedKind.TRADE, "X")


def made(*sources):
    codec = FakeCodec()
    return codec, Chunks("fake", sources, codec)


def one_source(*chunks, **more):
    return source(
        [channel(0, "x@trade", **more), channel(1, "x@news"), channel(2, "x@trade"),
         channel(3, "x@trade", market="other")], *chunks,
    )  # fmt: skip


def ids(events):
    return [event.id for event in events]


def test_only_channels_of_the_market_that_are_understood():
    _, chunks = made(one_source())
    assert chunks.feeds == [{0: MarketFeed(*TRADES), 2: MarketFeed(*TRADES)}]
    assert chunks.families == (TRADES,)
    assert chunks.members((FeedKind.TRADE, "Y"), 0) == {}


def test_channels_of_one_family_are_told_in_order_without_their_envelopes():
    rows = [(1, 0, b"<" + trade(1) + b">>"), (2, 1, b"?"), (3, 2, trade(2)), (4, 3, trade(9)),
            (5, 2, b"garbage"), (6, 0, b"<" + trade(3) + b">>")]  # fmt: skip
    _, chunks = made(one_source(rows, prefix=b"<", suffix=b">>"))
    told = chunks.told(0, 0, TRADES)
    assert (told.places, ids(told.events)) == ([0, 2, 5], [1, 2, 3])
    assert ids(told.between(1, 5).events) == [2]
    assert ids(chunks.decoded(0, chunks.batch(0, 0), MarketFeed(*TRADES)).events) == [1, 2, 3]


def test_frames_of_every_header_size_are_read():
    rows = [(k, 0, trade(k, size="1" * size)) for k, size in ((1, 1), (2, 200), (3, 70_000))]
    _, chunks = made(one_source(rows))
    assert [len(one.quantity) for one in chunks.told(0, 0, TRADES).events] == [1, 200, 70_000]


def test_trades_and_candles_that_are_no_numbers_are_left_out():
    rows = [(1, 0, trade(1, price="abc")), (2, 0, trade(2)), (3, 0, trade(3, size="--"))]
    _, chunks = made(one_source(rows))
    assert ids(chunks.told(0, 0, TRADES).events) == [2]
    rows = [(1, 0, b"0 1 1 1 x 1 1 o"), (2, 0, b"0 1 1 1 1 1 1 o")]
    _, chunks = made(source([channel(0, "x@candle")], rows))
    assert [one.close for one in chunks.told(0, 0, (FeedKind.CANDLE, "X")).events] == ["1"]


def test_what_was_decoded_is_kept():
    codec, chunks = made(one_source([(1, 0, trade(1))]))
    chunks.told(0, 0, TRADES)
    chunks.told(0, 0, TRADES)
    assert codec.calls == 1
    chunks.forget()
    assert ids(chunks.told(0, 0, TRADES).events) == [1]
    assert codec.calls == 2


def test_pieces_of_several_sources_are_told_in_the_total_order():
    first = one_source([(1, 0, trade(1)), (5, 0, trade(5)), (9, 0, trade(9))])
    second = one_source([(1, 0, trade(2)), (3, 0, trade(3)), (5, 0, trade(6))])
    _, chunks = made(first, second)
    pieces = [Piece(1, 0, 0, 3), Piece(0, 0, 0, 2)]
    assert ids(chunks.events(pieces, TRADES)) == [1, 2, 3, 5, 6]
    assert [at for at, _ in chunks.timed(pieces, TRADES)] == [1, 1, 3, 5, 5]
    assert ids(chunks.events([Piece(0, 0, 1, 3), Piece(1, 0, 0, 0)], TRADES)) == [5, 9]
    assert chunks.events([], TRADES) == []


def test_the_last_of_a_channel_passes_over_what_is_not_understood():
    rows = [(1, 0, trade(1)), (2, 2, trade(2)), (3, 0, trade(3)), (4, 0, b"garbage")]
    _, chunks = made(one_source(rows))
    at_ns, event = chunks.last(Piece(0, 0, 0, 4), 0)
    assert (at_ns, event.id) == (3, 3)
    assert chunks.last(Piece(0, 0, 1, 2), 0) is None
    assert chunks.stop_at(Piece(0, 0, 0, 4), 2) == Piece(0, 0, 0, 2)


def test_few_chunks_are_kept():
    taken = []

    class Counting:
        def __init__(self):
            self.channels = {0: channel(0, "x@trade")}

        def batch(self, ordinal):
            taken.append(ordinal)
            return batch([(ordinal, 0, trade(ordinal))])

    _, chunks = made(Counting())
    for ordinal in (*range(CHUNK_CACHE_COUNT + 1), CHUNK_CACHE_COUNT, 0):
        chunks.batch(0, ordinal)
    assert taken == [*range(CHUNK_CACHE_COUNT + 1), 0]


def test_few_messages_are_decoded_at_once(monkeypatch):
    monkeypatch.setattr("replayx.market.chunks._DECODED_AT_ONCE", 2)
    codec, chunks = made(one_source([(k, 0, trade(k)) for k in range(1, 6)]))
    asked, usual = [], codec.decode
    codec.decode = lambda feed, payloads: asked.append(len(payloads)) or usual(feed, payloads)
    assert ids(chunks.told(0, 0, TRADES).events) == [1, 2, 3, 4, 5]
    assert asked == [2, 2, 1]
