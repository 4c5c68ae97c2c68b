"""price_spike: prices go somewhere else for a while."""

from fractions import Fraction
from typing import Annotated, ClassVar

import msgspec

from replayx.faults.attributes import Duration
from replayx.faults.shock import Shock, ShockStep, ramp
from replayx.market.distortion import NONE, Distortion

_NS = 1_000_000_000


class PriceSpike(Shock, frozen=True, kw_only=True):
    """All prices of a symbol go up (or down) by so many percent, stay there, and come back.

    percent: how far; negative: down. factor: in place of it, what prices are multiplied by.
    rise, hold, fall: how long each takes. step: how often the price moves meanwhile.
    """

    type: ClassVar[str] = "price_spike"
    source: ClassVar[str] = "a fat finger, or a listing's first minute"

    percent: Annotated[float, msgspec.Meta(gt=-100, le=10_000)] = 10.0
    factor: Annotated[float, msgspec.Meta(gt=0, le=101)] | None = None
    rise: Duration = Duration(_NS)
    hold: Duration = Duration(10 * _NS)
    fall: Duration = Duration(_NS)
    step: Duration = Duration(_NS // 5)

    def path(self) -> tuple[ShockStep, ...]:
        """Return what is in force when, in order. Raises InvalidOption for too many steps."""
        top = 1 + _exactly(self.percent) / 100 if self.factor is None else _exactly(self.factor)
        back_ns = self.rise + self.hold
        up = ramp(0, self.rise, self.step, (Fraction(1), top))
        down = ramp(back_ns, self.fall, self.step, (top, Fraction(1)))
        steps = [ShockStep(at_ns, Distortion.of_prices(factor)) for at_ns, factor in (*up, *down)]
        steps[-1] = ShockStep(steps[-1].after_ns, NONE)
        return tuple(steps)


def _exactly(number: float) -> Fraction:
    """Return a number as it was written: 0.1 is a tenth."""
    return Fraction(str(number))
