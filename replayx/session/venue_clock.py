"""The venue's clock: what a client is told is the time at a position of the tape."""

from replayx.clock import NS_PER_MS


class VenueClock:
    """Maps positions of the tape to the venue's milliseconds.

    `offset_ns` is how far the venue's clock was ahead of the recorder's; `shift_ms` is the one
    constant that is added to every time a client sees.
    """

    def __init__(self, offset_ns: int = 0, *, shift_ms: int = 0) -> None:
        self.offset_ns = offset_ns
        self.shift_ms = shift_ms

    def ms(self, position_ns: int) -> int:
        """Return the venue's time at a position."""
        return (position_ns + self.offset_ns) // NS_PER_MS + self.shift_ms
