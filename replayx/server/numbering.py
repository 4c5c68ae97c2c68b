"""Numbers for connections and requests, in the order in which they are accepted."""

from itertools import count


class Numbering:
    """Shared by all listeners of a server; `open_count` is how many sockets are open."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.open_count = 0

    def next(self) -> int:
        """Return the next number."""
        return next(self._numbers)
