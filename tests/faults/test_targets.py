"""Whether a rule can act on anything, asked of its toxic."""

import pytest

from replayx.errors import InvalidPlan
from replayx.faults.registry import load_toxic
from replayx.faults.rule_reader import read_rule
from replayx.faults.targets import acts_on
from tests.faults.plans import VENUES


def read(kind, **table):
    return read_rule({"type": kind, **table}, "p", VENUES)


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("latency", {"carrier": "rest"}),
        ("latency", {"route": "GET *"}),
        ("latency", {"symbol": "BTCUSDT"}),
        ("loss", {"channel": "*@trade", "carrier": "ws"}),
        ("handshake_failure", {"carrier": "ws"}),
        ("handshake_failure", {"connection": 3}),
        ("overloaded", {"carrier": "wsapi"}),
        ("overloaded", {"symbol": "BTCUSDT"}),
        ("flash_crash", {"symbol": "BTCUSDT", "market": "binance-spot"}),
    ],
    ids=str,
)
def test_what_can_be(kind, where):
    read(kind, where=where)


@pytest.mark.parametrize(
    ("kind", "where", "told"),
    [
        ("loss", {"carrier": "rest"}, "carrier rest is nothing that loss acts on; expected some"),
        ("loss", {"route": "GET /x"}, "route GET /x is nothing that loss acts on"),
        ("http_error", {"channel": "*@trade"}, "expected some of: requests (rest, wsapi)"),
        ("http_error", {"carrier": "ws"}, "carrier ws is nothing that http_error acts on"),
        ("http_error", {"connection": 2, "carrier": "rest"}, "where: "),
        ("handshake_failure", {"symbol": "BTCUSDT"}, "expected some of: handshakes (ws, wsapi)"),
        ("latency", {"channel": "a", "carrier": "rest"}, "where: "),
        ("latency", {"channel": "a", "route": "b"}, "where: "),
        ("depth_gap", {"direction": "upstream"}, "direction upstream is nothing that depth_gap"),
    ],
    ids=str,
)
def test_what_can_not(kind, where, told):
    with pytest.raises(InvalidPlan) as caught:
        read(kind, where=where)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"where": {"channel": "a"}}, "expected of where: market, symbol"),
        ({"when": {"probability": 0.5}}, "of when: from, until, for"),
        ({"drop": "1h", "step": "1ms"}, "steps"),
    ],
    ids=str,
)
def test_shocks_act_on_the_market(table, told):
    with pytest.raises(InvalidPlan) as caught:
        read("flash_crash", **table)
    assert told in str(caught.value)


def test_outages_act_on_whole_connections():
    read("down", where={"carrier": "ws"}, when={"from": "10s", "for": "5s"})
    with pytest.raises(InvalidPlan, match=r"p \(down\): .*; expected of where: market, carrier"):
        read("down", where={"channel": "a"})
    assert acts_on(load_toxic("down")()) == ["whole connections"]


def test_what_it_acts_on_in_words():
    assert acts_on(load_toxic("flash_crash")()) == ["the market on the tape"]
    assert acts_on(load_toxic("http_error")()) == ["requests (rest, wsapi)"]
    assert acts_on(load_toxic("day_cut")()) == [
        "messages (ws, wsapi)",
        "messages upstream (ws, wsapi)",
    ]
