from replayx.market.market_index import MarketIndex, MemoryBlobs


def test_blobs_are_numbered():
    blobs = MemoryBlobs()
    assert [blobs.write(one) for one in (b"a", b"b")] == [0, 1]
    assert (blobs.read(1), len(blobs)) == (b"b", 2)


def test_tables_of_a_symbol_are_made_once():
    index = MarketIndex(MemoryBlobs().read, lambda symbol, run: [])
    assert index.book_of("X") is index.book_of("X")
    assert index.candles_of("X") is index.candles_of("X")
    assert index.candles_of("X").symbol == "X"
    assert list(index.books) == ["X"]
