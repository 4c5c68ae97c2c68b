"""stall: the connection is open and silent. stale_feed: some of its streams are."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from replayx.faults.flow import NEVER_NS, Flow
from replayx.faults.link import Carrier, Link
from replayx.faults.parts import delayed, left_out, standing
from replayx.faults.toxic import Draws, LinkToxic, Toxic
from replayx.framing import PING, PONG


class Stall(Toxic, frozen=True, kw_only=True):
    """The connection is silent, and what should have come arrives when the rule is over.

    but_pings: pings and pongs still pass, so that the connection looks alive.
    """

    type: ClassVar[str] = "stall"
    source: ClassVar[str] = "a half-open TCP connection; Toxiproxy: timeout with timeout 0"
    is_on_control: ClassVar[bool] = True

    but_pings: bool = False

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what holds the messages of a link."""
        return None if link.carrier is Carrier.REST else SilentLink(but_pings=self.but_pings)


class SilentLink:
    """Holds messages until the rule is over."""

    def __init__(self, *, but_pings: bool = False) -> None:
        self._but_pings = but_pings

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Hold what fired."""
        del draws
        if self._but_pings:
            fired = [k for k in fired if flow.channel[k] or not _is_sign_of_life(flow.frame(k))]
        fired = standing(flow, fired)
        flow.parts = delayed(flow.parts, fired, NEVER_NS)
        return fired


class StaleFeed(Toxic, frozen=True, kw_only=True):
    """A stream freezes while the connection stays alive: its messages are lost, or held.

    mode: `drop`; or `hold`, and they arrive when the rule is over.
    """

    type: ClassVar[str] = "stale_feed"
    source: ClassVar[str] = "streams that stop while pings continue"

    mode: Literal["drop", "hold"] = "drop"

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what freezes streams of a link."""
        if link.carrier is Carrier.REST:
            return None
        return SilentLink() if self.mode == "hold" else FrozenLink()


class FrozenLink:
    """Leaves messages out."""

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Leave out what fired."""
        del draws
        fired = standing(flow, fired)
        flow.parts = left_out(flow.parts, fired)
        return fired


def _is_sign_of_life(frame: memoryview) -> bool:
    return frame[0] & 0x0F in (PING, PONG)
