"""What a venue limits, and how much a request costs, by the date of its rules.

Rules are data: windows that count, a ban for those who go on calling, and what a socket may send.
A request is charged to *pools* (weight, orders ...), which the rules limit, each in its windows.
"""

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from replayx.venues.venue import HttpReply, HttpRequest, Subscription, WsApiRequest

# The pool in which every request counts as one, whatever it costs.
REQUESTS = "requests"


class Scope(Enum):
    """Who shares what a limit allows."""

    ADDRESS = "address"
    ACCOUNT = "account"


class LimitRule(msgspec.Struct, frozen=True, kw_only=True):
    """At most `limit` of a pool in each window of `period_ns`, aligned to the venue's clock.

    word: its name in a limits document. kind: the venue's own word for it. is_told: whether the
    venue lists it among its limits.
    """

    word: str
    pool: str
    kind: str
    limit: int
    period_ns: int
    scope: Scope = Scope.ADDRESS
    is_told: bool = True


class BanRule(msgspec.Struct, frozen=True, kw_only=True):
    """Who is refused `refusals_max` times without waiting as told is banned the next time.

    Each ban is `growth` times as long as the last, from `first_ns` up to `most_ns`; after
    `forgotten_after_ns` without one it begins at the first again.
    """

    refusals_max: int
    first_ns: int
    most_ns: int
    growth: int
    forgotten_after_ns: int


class SocketRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a WebSocket connection may send: `messages_per_s`, and `burst` of them at once.

    Control frames count. Who goes over is cut off; after `cuts_max` times within `cuts_period_ns`
    the address is banned. message_bytes_max, target_bytes_max: sizes. None is no limit.
    """

    messages_per_s: int | None
    burst: int
    cuts_max: int
    cuts_period_ns: int
    message_bytes_max: int | None = None
    target_bytes_max: int | None = None


class RateRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that are in force at a date (`2023-08-25`), and until they change."""

    date: str
    limits: tuple[LimitRule, ...]
    ban: BanRule
    sockets: SocketRule


class Charge(NamedTuple):
    """What a request costs, by pool: at once, and when it is done or was refused.

    What it costs when it is done has to be there before.
    """

    at_once: tuple[tuple[str, int], ...] = ()
    when_done: tuple[tuple[str, int], ...] = ()
    when_refused: tuple[tuple[str, int], ...] = ()


FREE = Charge()


class Usage(NamedTuple):
    """How much of a limit is used in the window of now."""

    rule: LimitRule
    used: int


class Breach(NamedTuple):
    """A request that is refused for a limit; `rule` None: for a ban.

    wait_s: after how many seconds it may come again. venue_ms, until_ms: the venue's time now and
    then.
    """

    rule: LimitRule | None
    wait_s: int
    venue_ms: int
    until_ms: int


class RateSide(Protocol):
    """A venue's limits. What a venue leaves out is not limited."""

    def rates(self, date: str) -> RateRules | None:
        """Return the rules that were in force at a date; None: nothing is limited."""
        del date
        return None

    def charge(self, request: "HttpRequest | WsApiRequest", rules: RateRules) -> Charge:
        """Return what a request costs."""
        del request, rules
        return FREE

    def connect_charge(self, opened: "Subscription | None", rules: RateRules) -> Charge:
        """Return what a handshake costs; None: it leads nowhere."""
        del opened, rules
        return FREE

    def account_of(self, request: "HttpRequest | WsApiRequest") -> str:
        """Return whose orders a request is about; empty if it doesn't say."""
        del request
        return ""

    def limited(self, breach: Breach, usages: tuple[Usage, ...]) -> "HttpReply":
        """Return the refusal of a request that broke a limit."""
        raise AssertionError(f"nothing is limited: {breach}, {usages}")

    def limited_message(
        self, request: "WsApiRequest", breach: Breach, usages: tuple[Usage, ...]
    ) -> bytes:
        """Return the refusal of a WS-API request that broke a limit."""
        raise AssertionError(f"nothing is limited: {request}, {breach}, {usages}")

    def told_limits(
        self, request: "HttpRequest | WsApiRequest", usages: tuple[Usage, ...]
    ) -> "HttpReply | None":
        """Answer a request for what is used of the limits; None: it asks for something else."""
        del request, usages
        return None

    def tells_limits(self, request: "HttpRequest") -> bool:
        """Say whether the body of an answer lists the limits."""
        del request
        return False

    def metered(
        self, request: "HttpRequest", reply: "HttpReply", usages: tuple[Usage, ...]
    ) -> "HttpReply":
        """Return an answer that tells these limits and usages, in place of its own."""
        del request, usages
        return reply

    def metered_message(
        self, request: "WsApiRequest", message: bytes, usages: tuple[Usage, ...]
    ) -> bytes:
        """Return a WS-API answer that tells these usages in place of its own."""
        del request, usages
        return message

    def metered_failure(
        self,
        word: str,
        request: "HttpRequest | WsApiRequest",
        answer: "HttpReply | bytes",
        usages: tuple[Usage, ...],
    ) -> "HttpReply | bytes":
        """Return the answer of a failure in `failures` with these usages, where it tells any."""
        del word, request, usages
        return answer
