"""What the real captures say of themselves, and every derived answer against the oracle."""

from functools import cache
from pathlib import Path

import pytest

from tests.conftest import CAPTURES
from tests.oracle.book import Book
from tests.oracle.told import Told, captured, read

pytestmark = pytest.mark.capture

SPOT = ("binance_spot_20240808_btcusdt_ethusdt", "binance_spot_20240809_btcusdt_ethusdt")
USDM = ("binance_usdm_20240808_btcusdt_ethusdt",)
THIN = ("binance_spot_20240723_nexousdt", "binance_spot_20240724_nexousdt")


def paths(names: tuple[str, ...]) -> list[Path]:
    return [CAPTURES / "ws" / f"{name}.ndjson.zst" for name in names]


@cache
def told(names: tuple[str, ...]) -> dict[str, Told]:
    return read(captured(paths(names)))


def tops(symbol: Told):
    """Return the book's best by update id, from the first snapshot on."""
    book, found = Book(), {}
    book.load(symbol.snapshots[0])
    found[book.last] = book.top()
    for delta in symbol.deltas:
        book.apply(delta)
        found[book.last] = book.top()
    assert book.gaps == 0
    return found


@pytest.mark.parametrize("names", [SPOT, USDM, THIN], ids=["spot", "usdm", "thin"])
def test_the_captures_agree_with_themselves(captures, names):
    for symbol in told(names).values():
        ids = [trade.id for trade in symbol.trades]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        by_id = tops(symbol)
        shared = [quote for quote in symbol.quotes if quote.last in by_id]
        assert len(shared) > 100
        assert [by_id[quote.last] for quote in shared] == [(q.bid, q.ask) for q in shared]
