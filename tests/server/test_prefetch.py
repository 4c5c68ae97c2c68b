import threading

import pytest

from replayx.server.prefetch import AHEAD, Prefetch


def test_it_yields_what_the_iterator_yields():
    assert list(Prefetch(iter(range(50)))) == list(range(50))


def test_an_error_is_raised_where_the_items_are_read():
    def failing():
        yield 1
        raise ValueError("torn")

    prefetch = Prefetch(failing())
    assert next(prefetch) == 1
    with pytest.raises(ValueError, match="torn"):
        next(prefetch)
    with pytest.raises(StopIteration):
        next(prefetch)


def test_it_reads_only_a_little_ahead_and_ends_when_closed():
    drawn, enough = [], threading.Event()

    def endless():
        while True:
            drawn.append(1)
            if len(drawn) == AHEAD + 1:
                enough.set()
            yield 1

    prefetch = Prefetch(endless())
    assert enough.wait(5)
    prefetch.close()
    prefetch.join()
    assert not prefetch.is_alive
    assert len(drawn) <= AHEAD + 4
    with pytest.raises(StopIteration):
        next(prefetch)
