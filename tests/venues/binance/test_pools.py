"""Whatever is charged is charged to a pool that rules limit."""

from replayx.venues.binance import pools
from replayx.venues.binance.limit_rules import SPOT_RULES, USDM_RULES
from replayx.venues.rate_side import REQUESTS


def test_every_pool_is_limited_somewhere():
    limited = {rule.pool for rules in (*SPOT_RULES, *USDM_RULES) for rule in rules.limits}
    named = {value for name, value in vars(pools).items() if name.isupper()}
    assert limited == named | {REQUESTS}
