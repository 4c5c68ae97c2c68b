"""What a check of a record found wrong; the reader adds file and offset."""

import msgspec

# What msgspec raises for bytes that are not of the form asked for. Deep nesting, even in elements
# that are to be ignored, ends in a RecursionError.
UNDECODABLE = (msgspec.DecodeError, ValueError, RecursionError)


class Damage(Exception):
    """A record fails its checks: what was found, and what was expected."""

    def __init__(self, found: str, expected: str | None = None) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
