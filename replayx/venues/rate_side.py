"""What a venue limits, and how much a request costs, by the date of its rules."""

from typing import Protocol


class RateSide(Protocol):
    """A venue's limits. What a venue leaves out is not limited."""
