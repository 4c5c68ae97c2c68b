"""slow_close: the end of a connection comes late."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.clock import NS_PER_S
from replayx.faults.attributes import Duration
from replayx.faults.flow import Flow
from replayx.faults.link import Carrier, Link
from replayx.faults.toxic import Draws, LinkToxic, Stage, Toxic


class SlowClose(Toxic, frozen=True, kw_only=True):
    """When the connection is closed, by the venue or by a rule, it ends so much later."""

    type: ClassVar[str] = "slow_close"
    source: ClassVar[str] = "Toxiproxy: slow_close"
    stage: ClassVar[Stage] = Stage.TRANSPORT

    delay: Duration = Duration(NS_PER_S)

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what delays the end of a connection."""
        return None if link.carrier is Carrier.REST else SlowlyClosedLink(self.delay)


class SlowlyClosedLink:
    """Delays the end, and nothing before it.

    Ends that other rules brought about may come without a message: whether the rule is at work
    then is what it was for the message before. Those are noted as what the other rules did.
    """

    def __init__(self, delay: Duration) -> None:
        self._delay_ns = int(delay)
        self._is_at_work = False

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Delay the end that comes behind what fired."""
        del draws
        if flow.count:
            self._is_at_work = bool(fired)
        if flow.ending is None or not self._is_at_work:
            return ()
        flow.ending = flow.ending._replace(delay_ns=flow.ending.delay_ns + self._delay_ns)
        return [k for k in fired[-1:] if not flow.channel[k]]
