"""flash_crash: prices fall, the book empties, and both come back."""

from fractions import Fraction
from typing import ClassVar

from replayx.errors import InvalidOption
from replayx.faults.attributes import Duration, Ratio
from replayx.faults.shock import Shock, ShockStep, ramp
from replayx.market.distortion import NONE, ONE, Distortion

_NS = 1_000_000_000


class FlashCrash(Shock, frozen=True, kw_only=True):
    """All prices of a symbol fall by `depth`, the book thins out, and both recover.

    drop, trough, recovery: how long each takes. thin: what is left of the sizes in the book at the
    bottom. step: how often the price moves meanwhile.
    """

    type: ClassVar[str] = "flash_crash"
    source: ClassVar[str] = "CFTC and SEC, Findings regarding the market events of May 6, 2010"

    depth: Ratio = Ratio(0.1)
    drop: Duration = Duration(5 * _NS)
    trough: Duration = Duration(10 * _NS)
    recovery: Duration = Duration(30 * _NS)
    thin: Ratio = Ratio(0.2)
    step: Duration = Duration(_NS // 2)

    def path(self) -> tuple[ShockStep, ...]:
        """Return what is in force when, in order.

        Raises InvalidOption for too many steps, or where nothing is left of a price.
        """
        depth, thin = Fraction(str(float(self.depth))), Fraction(str(float(self.thin)))
        if depth >= 1:
            raise InvalidOption("a flash_crash of 100%", expected="a depth below 100%")
        back_ns = self.drop + self.trough
        down = ramp(0, self.drop, self.step, (Fraction(0), ONE))
        up = ramp(back_ns, self.recovery, self.step, (ONE, Fraction(0)))
        steps = [
            ShockStep(
                at_ns, Distortion.of_prices(1 - depth * share, size=1 - (1 - thin) * share)
            )
            for at_ns, share in (*down, *up)
        ]  # fmt: skip
        steps[-1] = ShockStep(steps[-1].after_ns, NONE)
        return tuple(steps)
