"""What is told of limits holds no secrets."""

import msgspec

from tests.session.limited import limited

SECRET = "k" * 64


def test_accounts_are_told_by_number():
    play = limited({"limits": {"orders_10s": 1}})
    limiter = play.session.limiting._limiters["binance-spot"]
    for key in (SECRET, "l" * 64):
        limiter._windows[1].add(f"key {key}", 1, play.now_ns, 0)
    limiter._windows[1].add("127.0.0.1", 1, play.now_ns, 0)
    [market] = play.session.limiting.state(play.now_ns).markets
    assert [use.client for use in market.used] == ["account 1", "account 2", "127.0.0.1"]
    assert SECRET.encode() not in msgspec.json.encode(market)
