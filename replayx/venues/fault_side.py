"""How a venue fails: its documented failures by name, in its exact wire form."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from replayx.venues.venue import (
        HttpReply,
        HttpRequest,
        RequestKey,
        Subscription,
        WsApiRequest,
    )


class Failure(NamedTuple):
    """A failure that the venue documents. `word` is its name in plans, `source` where it stands.

    `code` None: the answer is no JSON, or has no code.
    """

    word: str
    summary: str
    source: str
    status: int
    code: int | None = None


class FailureContext(NamedTuple):
    """What the text of a failure may tell: times in the venue's milliseconds.

    What is 0 or empty the venue fills in: until when it is too early to ask again (the end of its
    window), which limit was broken (the one that is broken first). `interval`: `1 MINUTE`.
    """

    venue_ms: int
    retry_after_ms: int = 0
    symbol: str = ""
    path: str = ""
    limit: int = 0
    interval: str = ""


_NONE: Mapping[str, Failure] = MappingProxyType({})


class FaultSide(Protocol):
    """How a venue fails. What a venue leaves out can't be ordered by name."""

    failures: Mapping[str, Failure] = _NONE

    # ---- failures by name

    def fail(self, word: str, context: FailureContext) -> "HttpReply":
        """Return the answer of a failure in `failures`."""
        raise AssertionError(f"{word} is none of {sorted(self.failures)}: {context}")

    def wsapi_failure(self, word: str, context: FailureContext, request: "WsApiRequest") -> bytes:
        """Return a failure as the WebSocket API answers a request with it."""
        raise AssertionError(f"{word} is none of {sorted(self.failures)}: {context}, {request}")

    # ---- the end of a connection

    def shutdown_notice(self, subscription: "Subscription", venue_ms: int) -> bytes | None:
        """Return the message that announces the end of a connection; None: there is none."""
        del subscription, venue_ms
        return None

    # ---- maintenance

    def halted(
        self, key: "RequestKey", reply: "HttpReply", status: str, symbols: tuple[str, ...]
    ) -> "HttpReply":
        """Return an answer with the state of these symbols (none: all) as `status`."""
        del key, status, symbols
        return reply

    def halt_refusal(self, key: "RequestKey", *, is_whole: bool) -> str | None:
        """Return the word of the failure with which a halted market answers; None: as always.

        `is_whole`: all of it is halted, and not only the symbols that the request names.
        """
        del key, is_whole
        return None

    # ---- a clock that is wrong

    def skewed(self, reply: "HttpReply", skew_ms: int) -> "HttpReply":
        """Return an answer with the venue's own time in it moved."""
        del skew_ms
        return reply

    def clock_refusal(self, request: "HttpRequest | WsApiRequest", now_ms: int) -> str | None:
        """Return the word of the failure of a request that says a time too far from `now_ms`."""
        del request, now_ms
        return None
