import msgspec
import pytest
import zstandard
from hypothesis import given

from replayx.cassette.damage import Damage
from replayx.market.history import MarketHistory
from replayx.market.index_tables import pack_tables, unpack_tables
from replayx.market.market_index import MarketIndex, MemoryBlobs
from tests.market.fake_codec import FakeCodec, trade
from tests.market.tapes_of_a_market import tapes
from tests.tapes import channel, source


def empty():
    return MarketIndex(MemoryBlobs().read, lambda symbol, run: [])


def index_of(sources, facts=()):
    made = MarketHistory("fake", sources, FakeCodec(), facts)
    made.build()
    return made._index


@given(tapes(sources=2))
def test_what_was_packed_is_unpacked(tape):
    index = index_of(*tape)
    packed, again = pack_tables(index), empty()
    unpack_tables(packed, again, 10**6)
    assert pack_tables(again) == packed


def test_sums_beyond_64_bits_are_kept():
    rows = [(k, 0, trade(k, "99999999.99999999", "9" * 20 + ".99999999")) for k in (1, 2)]
    index, again = index_of([source([channel(0, "x@trade")], rows)]), empty()
    unpack_tables(pack_tables(index), again, 0)
    (row,) = again.candles_of("X").rows.rows
    assert row.volume > 1 << 64
    assert again.candles_of("X").state() == index.candles_of("X").state()


@pytest.mark.parametrize("raw", [b"", b"\xc0", msgspec.msgpack.encode([1, 2, 3])])
def test_what_is_no_index_is_refused(raw):
    with pytest.raises((ValueError, TypeError)):
        unpack_tables(zstandard.ZstdCompressor().compress(raw), empty(), 0)
    with pytest.raises(Damage):
        unpack_tables(b"nonsense", empty(), 0)
