import pytest

from replayx.cassette.reader import CassetteReader
from replayx.errors import StorageFailure
from replayx.market import history as history_module
from replayx.market.codec import Fact
from replayx.market.events import AggTrade, BookSnapshot, Candle, FeedKind, MarketFeed, Trade
from replayx.market.history import MarketHistory
from replayx.market.index_file import SUFFIX
from replayx.timeline.source import CassetteSource
from tests.market.fake_codec import FakeCodec, delta, trade
from tests.tapes import channel, sealed, write_cassette

CHANNELS = [channel(0, "x@trade"), channel(1, "x@delta"), channel(2, "x@candle"),
            channel(3, "y@agg")]  # fmt: skip
SECOND = 1_000_000_000


def rows(chunk):
    base = chunk * 5 * SECOND + SECOND
    made = []
    for k in range(10):
        n = chunk * 10 + k
        made.append((base + k, 0, trade(100 + n, f"{10 + k % 3}.5", "0.25", base // 10**6 + k)))
        made.append((base + k, 1, delta(n + 1, n + 1, [(str(9 - k % 3), str(k))], [("11", "1")])))
    made.append(
        (base + 20, 2, f"{chunk * 60_000} 1 2 1 2 9 9 {'x' if chunk % 2 else 'o'}".encode())
    )
    made.append((base + 20, 3, f"{chunk} {chunk} {chunk} 1.5 2.5 {base // 10**6} m".encode()))
    return made


def facts():
    snapshot = BookSnapshot("X", 5, (("1", "1"),), (("99", "1"),))
    past = [Trade("X", k, "10.5", "1.0", 5, True) for k in (98, 99)]
    groups = [AggTrade("Y", 0, "1", "1", 0, 0, 1, True)]
    candle = Candle("X", 0, 59_999, *("1",) * 6, 1, "1", "1")
    return [
        Fact(SECOND + 4, MarketFeed(FeedKind.BOOK_SNAPSHOT, "X", levels=9), lambda: [snapshot]),
        Fact(9, MarketFeed(FeedKind.TRADE, "X"), lambda: past),
        Fact(9, MarketFeed(FeedKind.AGG_TRADE, "Y"), lambda: groups),
        Fact(9, MarketFeed(FeedKind.CANDLE, "X", "1m"), lambda: [candle]),
    ]


@pytest.fixture
def cassette(tmp_path):
    return write_cassette(tmp_path / "a.rpx", CHANNELS, [sealed(rows(k)) for k in range(6)])


class Made:
    """A history of a cassette, and what was said while it was made."""

    def __init__(self, *paths, **given):
        self.codec, self.warnings, self.passed = FakeCodec(), [], 0
        self.readers = [CassetteReader(path) for path in paths]
        sources = [CassetteSource(reader) for reader in self.readers]
        self.history = MarketHistory("fake", sources, self.codec, facts())
        self.built = self.history.build(self._progress, warn=self.warnings.append, **given)

    def _progress(self, count):
        self.passed += count

    def answers(self):
        found = []
        for at in range(0, 30 * SECOND, SECOND // 2):
            view = self.history.at(at + 7)
            for symbol in view.symbols():
                found += [
                    view.book(symbol, 9), view.top(symbol), view.trades(symbol, 30),
                    view.agg_trades(symbol, 30), view.candles(symbol, "1s", 9), view.day(symbol),
                    view.candles(symbol, "1m", 9), view.increments(symbol),
                    view.average_price(symbol), view.trades(symbol, 2, from_id=105),
                ]  # fmt: skip
        return found

    def close(self):
        self.history.close()
        for reader in self.readers:
            reader.close()


def test_an_index_that_was_kept_answers_the_same(cassette):
    fresh, kept = Made(cassette), Made(cassette, keep=True)
    assert fresh.built == ("", True)
    path = cassette.with_name(f"a.rpx.fake{SUFFIX}")
    assert kept.built == (str(path), True)
    found = Made(cassette)
    assert found.built == (str(path), False)
    assert (found.passed, found.codec.calls, found.warnings) == (0, 0, [])
    assert fresh.answers() == kept.answers() == found.answers()
    for one in (fresh, kept, found):
        one.close()


def test_a_large_cassette_keeps_it_by_itself(cassette, monkeypatch):
    monkeypatch.setattr(history_module, "MARKET_IN_MEMORY_BYTES", 10)
    assert Made(cassette).built.path
    assert not Made(cassette).built.is_new


def test_several_cassettes_have_one_of_their_own(cassette, tmp_path):
    other = write_cassette(tmp_path / "b.rpx", CHANNELS, [sealed(rows(k)) for k in range(6, 8)])
    Made(cassette, keep=True).close()
    both = Made(cassette, other, keep=True)
    assert both.built == (str(tmp_path / f"a.rpx.fake+1{SUFFIX}"), True)
    assert len(both.history.at(99 * SECOND).trades("X", 500)) == 82
    assert not Made(cassette).built.is_new


def damage(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + bytes((whole[40] ^ 1,)) + whole[41:])


def shorten(path):
    path.write_bytes(path.read_bytes()[:-1])


def put_nonsense(path):
    path.write_bytes(b"nonsense")


@pytest.mark.parametrize("break_it", [damage, shorten, put_nonsense])
def test_a_damaged_one_is_made_again_and_never_trusted(cassette, break_it):
    path = Made(cassette, keep=True).built.path
    break_it(cassette.with_name(path.rpartition("/")[2]))
    made = Made(cassette)
    (warning,) = made.warnings
    assert "made again" in warning
    assert made.built.is_new
    assert made.answers() == Made(cassette, keep=True).answers()
    assert not Made(cassette).built.is_new


def test_one_of_another_recording_is_made_again(cassette, tmp_path):
    Made(cassette, keep=True).close()
    cassette.unlink()
    write_cassette(cassette, CHANNELS, [sealed(rows(k)) for k in range(3)])
    made = Made(cassette)
    assert made.built == ("", True)
    assert "another recording" in made.warnings[0]
    assert len(made.history.at(99 * SECOND).trades("X", 500)) == 32


def test_where_nothing_can_be_written_it_stays_in_memory(cassette, monkeypatch):
    def refuse(*_):
        raise StorageFailure("cannot write: Read-only file system", where="here")

    monkeypatch.setattr(history_module, "MARKET_IN_MEMORY_BYTES", 10)
    monkeypatch.setattr(history_module, "SidecarWriter", refuse)
    made = Made(cassette)
    assert made.built == ("", True)
    assert "not kept" in made.warnings[0]
    with pytest.raises(StorageFailure):
        Made(cassette, keep=True)


def test_an_unfinished_recording_is_not_indexed_on_disk(cassette):
    whole = cassette.read_bytes()
    cassette.write_bytes(whole[: len(whole) - 20])
    assert Made(cassette, keep=True).built == ("", True)
