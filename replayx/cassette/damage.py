"""What a check of a record found wrong; the reader adds file and offset."""


class Damage(Exception):
    """A record fails its checks: what was found, and what was expected."""

    def __init__(self, found: str, expected: str | None = None) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
