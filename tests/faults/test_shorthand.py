"""Shorthands: the examples of docs/reference/faults.md, each with the table that it stands for."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.errors import InvalidPlan, ReplayxError
from replayx.faults.rule_reader import read_rule
from replayx.faults.shorthand import parse_fault
from replayx.limits import FAULT_SHORTHAND_CHARACTERS_MAX
from tests.faults.plans import VENUES

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "faults.md"

WS = {"carrier": "ws"}
EXAMPLES = {
    "latency:50ms": {"type": "latency", "delay": "50ms"},
    "latency:50ms~10ms@ws": {
        "type": "latency", "delay": "50ms", "jitter": "10ms", "where": WS},
    "latency:80ms~40ms,distribution=normal@rest": {
        "type": "latency", "delay": "80ms", "jitter": "40ms", "distribution": "normal",
        "where": {"carrier": "rest"}},
    "latency:20ms@up": {
        "type": "latency", "delay": "20ms", "where": {"direction": "upstream"}},
    "bandwidth:64KB/s@ws@BTCUSDT": {
        "type": "bandwidth", "rate": "64KB/s", "where": {**WS, "symbol": "BTCUSDT"}},
    "loss:1%@BTCUSDT": {"type": "loss", "rate": 0.01, "where": {"symbol": "BTCUSDT"}},
    "loss@btcusdt@depth,every=7": {
        "type": "loss", "where": {"channel": "btcusdt@depth"}, "when": {"every": 7}},
    "loss,ids=157..160@ws@*@trade": {
        "type": "loss", "ids": "157..160", "where": {**WS, "channel": "*@trade"}},
    "stale_feed@*@bookTicker,from=20s,for=30s": {
        "type": "stale_feed", "where": {"channel": "*@bookTicker"},
        "when": {"from": "20s", "for": "30s"}},
    "disconnect:1008,reason='Too many requests'@ws,nth=100": {
        "type": "disconnect", "code": 1008, "reason": "Too many requests", "where": WS,
        "when": {"nth": [100]}},
    "disconnect:reset@ws!0.1%": {
        "type": "disconnect", "how": "reset", "where": WS, "when": {"probability": 0.001}},
    "handshake_failure:silence,every=2": {
        "type": "handshake_failure", "how": "silence", "when": {"every": 2}},
    "http_error:503,body='{\"oops\": 1}'@/api/v3/order": {
        "type": "http_error", "status": 503, "body": '{"oops": 1}',
        "where": {"route": "/api/v3/order"}},
    "ip_banned@rest,from=1m,until=3m": {
        "type": "ip_banned", "where": {"carrier": "rest"},
        "when": {"from": "1m", "until": "3m"}},
    "backend_timeout,is_executed=true@POST /api/v3/order,nth=1+3": {
        "type": "backend_timeout", "is_executed": True,
        "where": {"route": "POST /api/v3/order"}, "when": {"nth": [1, 3]}},
    "overloaded@binance-spot@rest!20%": {
        "type": "overloaded", "where": {"market": "binance-spot", "carrier": "rest"},
        "when": {"probability": "20%"}},
    "429@rest,every=5": {
        "type": "too_many_requests", "where": {"carrier": "rest"}, "when": {"every": 5}},
    "-1021@binance-spot": {
        "type": "bad_timestamp", "where": {"market": "binance-spot"}},
    "slicer:64~32@ws,connection=2": {
        "type": "slicer", "average_size": 64, "size_variation": 32,
        "where": {**WS, "connection": 2}},
    "latency:1s@ws,price='BTCUSDT > 60000',for=10s": {
        "type": "latency", "delay": "1s", "where": WS,
        "when": {"price": "BTCUSDT > 60000", "for": "10s"}},
    "flash_crash:30%@BTCUSDT,from=10s": {
        "type": "flash_crash", "depth": 0.3, "where": {"symbol": "BTCUSDT"},
        "when": {"from": "10s"}},
    "duplicate,after=50ms,name=twice@!ticker@arr!5%": {
        "type": "duplicate", "after": "50ms", "name": "twice",
        "where": {"channel": "!ticker@arr"}, "when": {"probability": "5%"}},
}  # fmt: skip


@pytest.mark.parametrize(("text", "table"), EXAMPLES.items(), ids=EXAMPLES)
def test_examples(text, table):
    assert parse_fault(text, venues=VENUES) == read_rule(table, "p", VENUES)


def test_the_examples_are_those_of_the_reference():
    section = REFERENCE.read_text().partition("## Shorthand")[2].partition("\n## ")[0]
    written = re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)
    assert written == list(EXAMPLES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "fault '': no fault; expected one such as latency:50ms~10ms@ws"),
        ("@ws", "no type before @"),
        ("latancy:5ms", "the type 'latancy' is not known; expected latency"),
        ("latency:5", "delay: the duration '5'"),
        ("latency:50ms,", "nothing between two commas, or behind the last"),
        ("latency:50ms@", "nothing between two commas, or behind the last"),
        ("latency:50ms,,x=1", "nothing between two commas"),
        ("latency:50ms,jitter", "'jitter'; expected a key and a value such as jitter=10ms"),
        ("latency:50ms,delay=1s", "delay is given twice; expected once"),
        ("latency:50ms@ws@rest", "carrier is given twice"),
        ("latency:50ms@ws!5%,probability=5%", "probability is given twice"),
        ("latency:50ms@ws!500%", "when.probability: the share '500%'"),
        ("latency:50ms,dealy=1s", "the attribute 'dealy' is not known; expected delay"),
        ("latency:50ms@ws,form=1s", "the attribute 'form' is not known"),
        ("loss:'1%", "a quote that is not closed"),
        ("loss@ws,reason='x", "a quote that is not closed"),
        ("disconnect:99@ws", "code: '99'; expected int >= 1000"),
        ("day_cut:3", "the value '3'; expected day_cut alone"),
        ("http_error@ws", "carrier ws is nothing that http_error acts on"),
        ("latency:5ms@" + "x" * FAULT_SHORTHAND_CHARACTERS_MAX, "expected at most"),
    ],
)
def test_mistakes(text, told):
    with pytest.raises(InvalidPlan) as caught:
        parse_fault(text, venues=VENUES)
    assert told in str(caught.value)


@given(st.text(st.sampled_from("latency:loss50ms~@!,='\"%ws*+ /BTC"), max_size=40))
def test_no_text_is_too_odd(text):
    with suppress(ReplayxError):
        parse_fault(text, venues=VENUES)
