"""How connections end: disconnect, ping_timeout, day_cut, reset_peer, timeout.

Each acts on the first message that its rule selects: there is nothing behind it. Where streams are
that is a message of theirs: how many pings and answers come before it is the client's affair.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from replayx.faults.attributes import Duration
from replayx.faults.flow import Ending, Flow
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import cut_before, cut_behind, standing
from replayx.faults.round_trip import Delivery, RoundTrip
from replayx.faults.toxic import Draws, LinkToxic, RequestToxic, Toxic
from replayx.faults.toxics.stall import SilentLink
from replayx.framing import BINARY, TEXT

# RFC 6455, 5.5: control frames hold 125 bytes, 2 of which are the code.
REASON_BYTES_MAX = 123
# RFC 6455, 7.4: what may stand in a close frame, and what of it means that there was none.
CloseCode = Annotated[int, Meta(ge=1000, le=4999)]
_UNSENT = (1004, 1005, 1006, 1015)
Reason = Annotated[str, Meta(max_length=REASON_BYTES_MAX)]


class EndedLink:
    """Ends a connection, behind the first message that is selected or in place of it."""

    def __init__(self, link: Link, ending: Ending, *, is_delivered: bool) -> None:
        self._is_stream = link.carrier is Carrier.WS and link.direction is Direction.DOWNSTREAM
        self._ending = ending
        self._cut = cut_behind if is_delivered else cut_before

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """End at the first that fired."""
        del draws
        if flow.ending is not None:
            return ()  # it is being closed already
        for k in standing(flow, fired):
            if self._counts(flow, k):
                flow.parts = self._cut(flow.parts, k)
                flow.ending = self._ending
                return (k,)
        return ()

    def _counts(self, flow: Flow, k: int) -> bool:
        if self._is_stream:
            return bool(flow.channel[k])
        return flow.frame(k)[0] & 0x0F in (TEXT, BINARY)


class EndedAnswer:
    """Ends the connection in place of an answer, after a while."""

    def __init__(self, delivery: Delivery, delay_ns: int) -> None:
        self._delivery = delivery
        self._delay_ns = delay_ns

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Let the answer be lost."""
        del draws
        trip.departure_delay_ns += self._delay_ns
        trip.manner = msgspec.structs.replace(trip.manner, delivery=self._delivery)
        return True


class EndingToxic(Toxic, frozen=True, kw_only=True):
    """A toxic that ends connections."""

    is_on_control: ClassVar[bool] = True
    is_delivered: ClassVar[bool] = True

    @property
    def ending(self) -> Ending:
        """How it ends them."""
        raise AssertionError(f"{self.type} does not say how it ends")

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what ends a connection."""
        if link.carrier is Carrier.REST:
            return None
        return EndedLink(link, self.ending, is_delivered=self.is_delivered)


class Disconnect(EndingToxic, frozen=True, kw_only=True):
    """The venue closes the connection, behind a message: with a code, by a reset, or just so.

    how: `close`: a close frame with `code` and `reason`. `reset`: TCP RST. `abort`: TCP FIN without
    a close frame. after: how much later.
    """

    type: ClassVar[str] = "disconnect"
    source: ClassVar[str] = "RFC 6455, 7.1 and 7.4"

    how: Literal["close", "reset", "abort"] = "close"
    code: CloseCode = 1001
    reason: Reason = ""
    after: Duration = Duration(0)

    def __post_init__(self) -> None:
        """Raises ValueError for what no close frame can hold."""
        if self.code in _UNSENT:
            raise ValueError(f"code {self.code}; expected one that may be sent (RFC 6455, 7.4.1)")
        if len(self.reason.encode()) > REASON_BYTES_MAX:
            raise ValueError(f"a long reason; expected at most {REASON_BYTES_MAX} bytes")

    @property
    def ending(self) -> Ending:
        """The close frame, or none."""
        if self.how == "close":
            return Ending(self.code, self.reason, delay_ns=self.after)
        return Ending(is_reset=self.how == "reset", delay_ns=self.after)


class PingTimeout(EndingToxic, frozen=True, kw_only=True):
    """The venue closes the connection as if the client had not answered its pings."""

    type: ClassVar[str] = "ping_timeout"
    source: ClassVar[str] = "a timer of the venue's own, whose close frame it is"

    @property
    def ending(self) -> Ending:
        """What the venue's own timer leads to."""
        return Ending(1008, "Pong timeout")


class DayCut(EndingToxic, frozen=True, kw_only=True):
    """The venue closes the connection as at the end of the day that it may last."""

    type: ClassVar[str] = "day_cut"
    source: ClassVar[str] = "a timer of the venue's own: connections last 24 hours"

    @property
    def ending(self) -> Ending:
        """What the venue's own timer leads to."""
        return Ending(1001)


class ResetPeer(EndingToxic, frozen=True, kw_only=True):
    """The connection is silent from a message on, and reset (TCP RST) after `timeout`."""

    type: ClassVar[str] = "reset_peer"
    source: ClassVar[str] = "Toxiproxy: reset_peer"
    is_delivered: ClassVar[bool] = False

    timeout: Duration = Duration(0)

    @property
    def ending(self) -> Ending:
        """The reset."""
        return Ending(is_reset=True, delay_ns=self.timeout)

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what resets connections in place of answers."""
        return EndedAnswer(Delivery.RESET, self.timeout) if _has_answers(link) else None


class Timeout(EndingToxic, frozen=True, kw_only=True):
    """The connection is silent from a message on, and ends after `timeout`; 0s: it never does.

    What comes until then is lost; if it never ends, it arrives when the rule is over.
    """

    type: ClassVar[str] = "timeout"
    source: ClassVar[str] = "Toxiproxy: timeout"
    is_delivered: ClassVar[bool] = False

    timeout: Duration = Duration(0)

    @property
    def ending(self) -> Ending:
        """An end without a close frame."""
        return Ending(delay_ns=self.timeout)

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what ends a connection, or holds its messages."""
        if not self.timeout and link.carrier is not Carrier.REST:
            return SilentLink()
        return super().on_link(link)

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what ends connections in place of answers, or leaves them open and silent."""
        delivery = Delivery.EMPTY if self.timeout else Delivery.NEVER
        return EndedAnswer(delivery, self.timeout) if _has_answers(link) else None


def _has_answers(link: Link) -> bool:
    """Say whether HTTP answers come this way; over a WebSocket they are messages."""
    return link.carrier is Carrier.REST and link.direction is Direction.DOWNSTREAM
