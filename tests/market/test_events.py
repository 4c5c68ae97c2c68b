import pytest

from replayx.market.events import BookTop, Trade, of_type


def test_events_of_one_type():
    top = BookTop("X", 1, "1", "1", "2", "1")
    trade = Trade("X", 1, "1", "1", 5, True)
    assert of_type([top, trade, top], BookTop) == [top, top]
    assert of_type([], Trade) == []


def test_events_are_values():
    assert Trade("X", 1, "1.0", "1", 5, True) == Trade("X", 1, "1.0", "1", 5, True)
    assert Trade("X", 1, "1.0", "1", 5, True) != Trade("X", 1, "1.00", "1", 5, True)
    with pytest.raises(AttributeError):
        Trade("X", 1, "1.0", "1", 5, True).id = 2
