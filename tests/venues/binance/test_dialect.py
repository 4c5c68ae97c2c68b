"""The two dialects are complete, and differ where the documents do."""

import msgspec

from replayx.venues.binance.spot import SPOT
from replayx.venues.binance.usdm import USDM


def test_they_differ_in_what_the_documents_tell_apart() -> None:
    fields = msgspec.structs.fields(SPOT)
    differing = {one.name for one in fields if getattr(SPOT, one.name) != getattr(USDM, one.name)}
    assert differing >= {"api", "diffs_are_linked", "liveness", "routes", "symbols_fold_case"}


def test_every_host_belongs_to_one_market() -> None:
    assert SPOT.hosts.keys().isdisjoint(USDM.hosts.keys())
