"""The demo's board: counts, rates, prices and how they are written."""

from rich.console import Console

from replayx.cli.board import BUSIEST_COUNT, Board
from replayx.clock import NS_PER_S
from replayx.venues.venue import Quote

START_NS = 1_793_714_320 * NS_PER_S
URLS = {"some-market": {"rest": "http://127.0.0.1:1", "ws": "ws://127.0.0.1:1"}}


def board() -> Board:
    return Board(URLS, START_NS, START_NS + 165 * NS_PER_S)


def drawn(one: Board) -> str:
    console = Console(width=120, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as capture:
        console.print(one.table())
    return capture.get()


def test_rates_are_over_the_time_since_the_last_measure():
    one = board()
    for _ in range(30):
        one.saw("m", "a", None)
    one.measure(2 * NS_PER_S)
    assert one.rates == {("m", "a"): 15.0}
    one.saw("m", "a", None)
    one.saw("m", "b", None)
    one.measure(3 * NS_PER_S)
    assert one.rates == {("m", "a"): 1.0, ("m", "b"): 1.0}
    assert one.rate == 2.0


def test_a_measure_without_time_changes_nothing():
    one = board()
    one.saw("m", "a", None)
    one.measure(NS_PER_S)
    rates = dict(one.rates)
    one.measure(NS_PER_S)
    assert one.rates == rates


def test_prices_are_kept_until_they_are_told_anew():
    one = board()
    one.saw("m", "a", Quote("BTC", last="5.10000000"))
    one.saw("m", "b", Quote("BTC", bid="5.0", ask="5.20"))
    assert one.quotes["m", "BTC"] == Quote("BTC", "5.10000000", "5.0", "5.20")


def test_the_position_never_goes_back():
    one = board()
    one.reached(START_NS + 62 * NS_PER_S)
    one.reached(START_NS + 61 * NS_PER_S)
    assert one.position() == "1:02 of 2:45"


def test_a_line_has_position_rate_and_prices():
    one = board()
    one.saw("m", "a", Quote("BTC", last="108374.91000000"))
    one.measure(NS_PER_S)
    assert one.line() == "0:00 of 2:45  1 msg/s, 1 in all  m BTC 108374.91 (- / -)"


def test_the_table_shows_urls_prices_and_the_busiest_channels():
    one = board()
    for place in range(BUSIEST_COUNT + 1):
        for _ in range(place + 1):
            one.saw("m", f"channel{place}.", Quote("BTC", last="3"))
    shown = drawn(one)
    assert "http://127.0.0.1:1" in shown
    assert "BTC" in shown
    assert "channel1." in shown
    assert "channel0." not in shown
