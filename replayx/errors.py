"""Every error replayx raises for the world's mistakes; our own are assertions.

ReplayxError
├── CassetteError            something is wrong with a cassette file
│   ├── NotACassette         the file does not begin like one
│   ├── UnsupportedFormat    a format version this release cannot read
│   ├── TruncatedCassette    the file ends inside a record
│   └── DamagedCassette      a record fails its checks
├── LimitExceeded            a size that limits.py does not allow
├── DamagedRunFile           a run file that is none, or of which something is missing
├── InvalidCapture           an NDJSON line that is not of the documented form
├── UnknownMarket            no venue of that name, or the host belongs to none
├── InvalidOption            a command line value that cannot be used
├── InvalidPlan              a plan of faults that says what cannot be
├── WouldOverwrite           the output exists
├── StorageFailure           the disk is full or refuses
├── UpstreamFailure          the venue cannot be reached or breaks its protocol
└── RefusedTrading           a request that trades, toward a live market, without permission
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; documented in docs/reference/exit-codes.md."""

    OK = 0
    FOUND = 1  # the command worked and what it looked for is there: damage, unmatched requests
    USAGE = 2  # click's own code for a wrong option
    BAD_INPUT = 3
    STORAGE = 4
    UPSTREAM = 5


class ReplayxError(Exception):
    """A mistake of the world, told in one message: what was found, expected, where, what to do."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(
        self,
        found: str,
        *,
        expected: str | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.found = found
        self.expected = expected
        self.where = where
        self.hint = hint
        super().__init__(self._message())

    def _message(self) -> str:
        message = f"{self.where}: {self.found}" if self.where else self.found
        if self.expected:
            message += f"; expected {self.expected}"
        if self.hint:
            message += f". {self.hint}"
        return message


class CassetteError(ReplayxError):
    """Something is wrong with a cassette file; `offset` is the byte where it was seen."""

    def __init__(
        self,
        found: str,
        *,
        path: str,
        offset: int,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.path = path
        self.offset = offset
        super().__init__(found, expected=expected, where=f"{path} at byte {offset}", hint=hint)


class NotACassette(CassetteError):
    """The file does not begin with the cassette magic."""


class UnsupportedFormat(CassetteError):
    """The file is of a format version this release cannot read."""


class TruncatedCassette(CassetteError):
    """The file ends inside a record."""


class DamagedCassette(CassetteError):
    """A record fails its checks."""


class LimitExceeded(ReplayxError):
    """A size that limits.py does not allow."""


class DamagedRunFile(ReplayxError):
    """A run file that is none, is of another version, or of which something is missing."""


class InvalidCapture(ReplayxError):
    """An NDJSON line that is not of the documented form."""


class UnknownMarket(ReplayxError):
    """No venue has that name, or none claims that host."""


class InvalidOption(ReplayxError):
    """A command line value that cannot be used."""

    exit_code = ExitCode.USAGE


class InvalidPlan(ReplayxError):
    """A plan of faults says what cannot be."""


class WouldOverwrite(ReplayxError):
    """The output exists; replayx never writes over a file."""

    exit_code = ExitCode.USAGE


class StorageFailure(ReplayxError):
    """The disk is full or refuses to write."""

    exit_code = ExitCode.STORAGE


class UpstreamFailure(ReplayxError):
    """The venue cannot be reached or breaks its protocol."""

    exit_code = ExitCode.UPSTREAM


class RefusedTrading(ReplayxError):
    """A request that trades was aimed at a live market without `--allow-trading`."""
