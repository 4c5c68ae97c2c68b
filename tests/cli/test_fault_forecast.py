"""What a plan will do to a tape, counted on the demo by other means."""

from pathlib import Path

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cli.fault_forecast import BAR_CELLS, forecast
from replayx.cli.plans import load_plans, venues_of

DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"
S = 1_000_000_000


@pytest.fixture(scope="module")
def rows():
    """(ns since the first, channel) of every stream message."""
    with CassetteReader(DEMO) as reader:
        names = {number: one.name for number, one in reader.channels.items() if one.kind == 1}
        told = [
            (at_ns, names[number])
            for batch in reader.batches(0)
            for at_ns, number in zip(batch.at, batch.channel, strict=True)
            if number in names
        ]
        return [(at_ns - told[0][0], name) for at_ns, name in told]


def told(*faults):
    venues = venues_of([DEMO])
    return forecast(load_plans((), faults, venues=venues), [DEMO], venues)


def test_messages_that_are_selected(rows):
    window, share, btc = told(
        "loss@*@trade,from=10s,until=20s",
        "loss@*@trade!10%",
        "loss@BTCUSDT,times=3",
    ).rules
    trades = [at_ns for at_ns, name in rows if name.endswith("@trade")]
    inside = [at_ns for at_ns in trades if 10 * S <= at_ns < 20 * S]
    assert (window.selected, window.expected) == (len(inside), len(inside))
    assert (window.begins_ns, window.ends_ns) == (10 * S, 20 * S)
    assert (window.first_ns, window.last_ns) == (inside[0], inside[-1])
    assert share.selected == len(trades)
    assert share.expected == pytest.approx(len(trades) / 10)
    assert (btc.selected, btc.expected) == (
        sum("btcusdt" in name for _, name in rows),
        3.0,
    )


def test_what_clients_decide_and_what_never_happens(rows):
    requests, late, upstream, shock = told(
        "waf@rest,from=10s,for=20s", "loss,from=1d", "latency:5ms@up", "flash_crash,from=5s"
    ).rules
    assert (requests.selected, requests.expected, requests.acts_on) == (
        None,
        None,
        ("requests (rest, wsapi)",),
    )
    assert (requests.begins_ns, requests.ends_ns) == (10 * S, 30 * S)
    assert (late.begins_ns, late.ends_ns, late.selected) == (None, None, 0)
    assert upstream.selected is None
    assert shock.acts_on == ("the market on the tape",)


def test_the_bar_shows_the_window_and_what_fires():
    found = told("waf@rest,from=0s", "loss@*@trade,from=1s,until=3s", "loss,from=1d")
    bars = [one.bar for one in found.rules]
    assert bars[0] == "-" * BAR_CELLS
    assert bars[1] == "#" + "." * (BAR_CELLS - 1)
    assert bars[2] == "." * BAR_CELLS
    assert found.lasts_ns > 100 * S


def test_a_price_opens_the_window_where_it_is_met():
    (never, met) = told(
        "latency,price='BTCUSDT > 99999999'", "latency,price='BTCUSDT > 1',for=5s"
    ).rules
    assert never.begins_ns is None
    assert met.begins_ns is not None
    assert met.ends_ns == met.begins_ns + 5 * S
    assert met.first_ns >= met.begins_ns
