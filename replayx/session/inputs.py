"""What happens to a session. Connections and requests are numbered by whoever accepts them."""

from fractions import Fraction

import msgspec

from replayx.faults.rule import Plan
from replayx.ratelimit.limits_document import Limits
from replayx.session.stops import Stop
from replayx.venues.venue import HttpRequest, Refusal


class Input(msgspec.Struct, frozen=True, gc=False):
    """Something from outside."""


class ConnectionAsked(Input, frozen=True):
    """A WebSocket handshake; answered by Accept or Refuse. `client` is whom it says it is from."""

    connection: int
    market: str
    target: str
    client: str = ""


class ConnectionOpened(Input, frozen=True):
    """The handshake that was accepted is complete: frames may be sent."""

    connection: int


class MessageReceived(Input, frozen=True):
    """A whole message from a client."""

    connection: int
    payload: bytes


class PingReceived(Input, frozen=True):
    """A ping from a client."""

    connection: int
    payload: bytes


class PongReceived(Input, frozen=True):
    """A pong from a client."""

    connection: int
    payload: bytes


class ConnectionLost(Input, frozen=True):
    """A connection is gone, whoever ended it. No effect may name it any more."""

    connection: int


class RequestReceived(Input, frozen=True):
    """An HTTP request; answered by exactly one Reply. `client` is whom it says it is from."""

    number: int
    market: str
    request: HttpRequest
    client: str = ""


class RequestRefused(Input, frozen=True):
    """An HTTP request that could not be taken, and why; answered by exactly one Reply."""

    number: int
    market: str
    refusal: Refusal
    detail: str


class HistoryBuilt(Input, frozen=True):
    """The history of a market, which was wanted, is there."""

    market: str


class StartAsked(Input, frozen=True):
    """Start the timeline now."""


class SpeedAsked(Input, frozen=True):
    """Play at this speed from now on; None: as fast as clients read. Answered by ClockTold."""

    number: int
    speed: Fraction | None


class PauseAsked(Input, frozen=True):
    """Let the tape stand still. Answered by ClockTold."""

    number: int


class ResumeAsked(Input, frozen=True):
    """Let the tape run on, without a stop. Answered by ClockTold."""

    number: int


class SeekAsked(Input, frozen=True):
    """Go to a time of the tape, forwards or backwards. Answered by ClockTold."""

    number: int
    at_ns: int


class RunUntilAsked(Input, frozen=True):
    """Run until `stop`, and stand still there. Answered by ClockTold when it is reached."""

    number: int
    stop: Stop


class ResetAsked(Input, frozen=True):
    """Go back to how the session began. Answered by ClockTold."""

    number: int


class FaultsAsked(Input, frozen=True):
    """Inject by this plan from the next message on. Answered by ClockTold."""

    number: int
    plan: Plan


class LimitsAsked(Input, frozen=True):
    """Impose these limits from the next request on. Answered by ClockTold."""

    number: int
    limits: Limits


AnyInput = (
    ConnectionAsked
    | ConnectionOpened
    | MessageReceived
    | PingReceived
    | PongReceived
    | ConnectionLost
    | RequestReceived
    | RequestRefused
    | HistoryBuilt
    | StartAsked
    | SpeedAsked
    | PauseAsked
    | ResumeAsked
    | SeekAsked
    | RunUntilAsked
    | ResetAsked
    | FaultsAsked
    | LimitsAsked
)
