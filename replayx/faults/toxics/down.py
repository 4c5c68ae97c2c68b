"""down: a market is not reachable: its listener is gone, or takes connections and says nothing."""

from typing import ClassVar, Literal

from replayx.faults.outage import Outage


class Down(Outage, frozen=True, kw_only=True):
    """A market's listener is gone: its connections are reset, and no other is taken.

    how: `refused` listens no more, so that the system refuses connections, as where nobody is;
    `silent` takes them and never answers, as behind a firewall that drops what comes.
    """

    type: ClassVar[str] = "down"
    source: ClassVar[str] = "Toxiproxy: down"

    how: Literal["refused", "silent"] = "refused"
