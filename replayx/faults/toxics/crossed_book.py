"""crossed_book: the best bid is above the best ask."""

from fractions import Fraction
from typing import ClassVar

from replayx.faults.attributes import Duration, Ratio
from replayx.faults.shock import Shock, ShockStep
from replayx.market.distortion import NONE, Distortion


class CrossedBook(Shock, frozen=True, kw_only=True):
    """The bids of a symbol's book are raised above its asks, and fall back after a while.

    by: how far all bids are raised: more than the spread, for the book to be crossed. lasts: for
    how long.
    """

    type: ClassVar[str] = "crossed_book"
    source: ClassVar[str] = "what a client sees where updates were lost, or came late"

    by: Ratio = Ratio(0.01)
    lasts: Duration = Duration(1_000_000_000)

    def path(self) -> tuple[ShockStep, ...]:
        """Return what is in force when, in order."""
        crossed = Distortion(bid=1 + Fraction(str(float(self.by))))
        return ShockStep(0, crossed), ShockStep(self.lasts, NONE)
