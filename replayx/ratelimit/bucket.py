"""A token bucket: so many messages a second, and so many at once."""

from replayx.clock import NS_PER_S


class Bucket:
    """Holds `burst` tokens at most and gets `per_s` a second; each message takes one.

    Exact in integers: what is kept is when the bucket would be full again, times `per_s`.
    """

    __slots__ = ("_full_at", "burst", "per_s")

    def __init__(self, per_s: int, burst: int) -> None:
        self.per_s = per_s
        self.burst = burst
        self._full_at: int | None = None

    def take(self, now_ns: int) -> bool:
        """Take a token; False: there is none."""
        now = now_ns * self.per_s
        full_at = now if self._full_at is None else max(self._full_at, now)
        if full_at - now > (self.burst - 1) * NS_PER_S:
            return False
        self._full_at = full_at + NS_PER_S
        return True
