"""Links: one direction of one connection, by a name that is the same in every run."""

from enum import Enum
from typing import NamedTuple


class Carrier(Enum):
    """What a link carries."""

    WS = "ws"  # market data streams: one connection, messages
    WSAPI = "wsapi"  # the WebSocket API: one connection, requests and answers as messages
    REST = "rest"  # HTTP: all requests of one client, in the order they came


class Direction(Enum):
    """Which way a link goes: `downstream` is from the venue to the client."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"


class Link(NamedTuple):
    """One direction of one connection, or of all requests of a client over HTTP.

    `connection` counts the market's handshakes since the run began, from 1, in the order they came;
    a client that names itself has a count of its own. 0: HTTP.
    """

    market: str
    carrier: Carrier
    direction: Direction
    connection: int = 0
    client: str = ""

    @property
    def name(self) -> str:
        """The name that chance and logs know it by: `binance-spot/ws/2/downstream`."""
        who = f"{self.client}:{self.connection}" if self.client else str(self.connection)
        return f"{self.market}/{self.carrier.value}/{who}/{self.direction.value}"
