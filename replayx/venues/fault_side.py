"""How a venue fails: its documented failures by name, in its exact wire form."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from replayx.venues.venue import HttpReply, Subscription


class Failure(NamedTuple):
    """A failure that the venue documents. `word` is its name in plans, `source` where it stands."""

    word: str
    summary: str
    source: str
    status: int
    code: int | None = None


class FailureContext(NamedTuple):
    """What the text of a failure may tell: times in the venue's milliseconds."""

    venue_ms: int
    retry_after_ms: int = 0
    symbol: str = ""


_NONE: Mapping[str, Failure] = MappingProxyType({})


class FaultSide(Protocol):
    """How a venue fails. What a venue leaves out can't be ordered by name."""

    failures: Mapping[str, Failure] = _NONE

    def fail(self, word: str, context: FailureContext) -> "HttpReply":
        """Return the answer of a failure in `failures`."""
        raise AssertionError(f"{word} is none of {sorted(self.failures)}: {context}")

    def shutdown_notice(self, subscription: "Subscription", venue_ms: int) -> bytes | None:
        """Return the message that announces the end of a connection; None: there is none."""
        del subscription, venue_ms
        return None
