"""one_sided_book: nobody buys any more, or nobody sells."""

from typing import ClassVar, Literal

from replayx.faults.attributes import Duration
from replayx.faults.shock import Shock, ShockStep
from replayx.market.distortion import NONE, Distortion


class OneSidedBook(Shock, frozen=True, kw_only=True):
    """All bids, or all asks, leave a symbol's book, and are back after a while.

    missing: the side that leaves. lasts: for how long.
    """

    type: ClassVar[str] = "one_sided_book"
    source: ClassVar[str] = "CFTC and SEC, Findings regarding the market events of May 6, 2010"

    missing: Literal["bids", "asks"] = "asks"
    lasts: Duration = Duration(5_000_000_000)

    def path(self) -> tuple[ShockStep, ...]:
        """Return what is in force when, in order."""
        is_bids = self.missing == "bids"
        gone = Distortion(has_bids=not is_bids, has_asks=is_bids)
        return ShockStep(0, gone), ShockStep(self.lasts, NONE)
