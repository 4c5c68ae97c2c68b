"""The Venue protocol: everything replayx knows of one exchange's wire, as pure functions.

A venue never reads a clock, a socket or a file: time comes in as an argument. Both the recorder and
the replay server ask the same venue, so that what one writes the other can serve.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple, Protocol

import msgspec

from replayx.cassette.redact import SecretRules
from replayx.timeline.places import Located, Shift
from replayx.venues.fault_side import FaultSide
from replayx.venues.market_side import MarketSide
from replayx.venues.rate_side import RateSide
from replayx.venues.shock_side import ShockSide

HeaderPairs = tuple[tuple[str, str], ...]


class Role(Enum):
    """What a URL of a venue is for. The values are the words of `Market.hosts` in a cassette."""

    REST = "rest"
    STREAM = "ws"
    WS_API = "wsapi"


class Upstream(msgspec.Struct, frozen=True):
    """One deployment of a venue: base URLs without a path or trailing slash.

    `live` marks one where orders move real money.
    """

    rest: str
    ws: str
    wsapi: str = ""
    live: bool = False


class Liveness(msgspec.Struct, frozen=True):
    """A venue's WebSocket timers, in wall time."""

    ping_interval_ns: int
    pong_deadline_ns: int
    lifetime_ns: int


class HttpRequest(msgspec.Struct, frozen=True):
    """An HTTP request as it came: `target` is the raw path with its query."""

    method: str
    target: str
    headers: HeaderPairs = ()
    body: bytes = b""


class HttpReply(msgspec.Struct, frozen=True):
    """An HTTP answer."""

    status: int
    body: bytes
    headers: HeaderPairs = (("Content-Type", "application/json;charset=UTF-8"),)


class Close(msgspec.Struct, frozen=True):
    """A close frame to send."""

    code: int
    reason: str


class Envelope(NamedTuple):
    """What stands before and after a stream's payload in a message. Both empty: nothing."""

    prefix: bytes
    suffix: bytes


NO_ENVELOPE = Envelope(b"", b"")


class Carried(NamedTuple):
    """Which channel a message from the venue belongs to.

    `kind` is one of the cassette's ChannelKind words: "stream", "reply", "user", "opaque".
    """

    name: str
    kind: str
    envelope: Envelope


class Subscription(msgspec.Struct):
    """What one WebSocket connection wants: the state the venue keeps for it.

    `channels` is ordered as subscribed (LIST_SUBSCRIPTIONS answers in that order). `route` is the
    venue's own word for the part of the path that decides what is delivered.
    """

    role: Role
    target: str
    channels: dict[str, None]
    combined: bool = False
    route: str = ""


class CommandOutcome(msgspec.Struct, frozen=True):
    """What a client's message led to.

    `reply` is a payload to send at once; `close` follows it. `request` is a WS-API request, to be
    matched like an HTTP one and answered with `Venue.wsapi_reply`. `changed` says that the
    subscription's channels or envelope are not what they were.
    """

    reply: bytes | None = None
    close: Close | None = None
    request: "WsApiRequest | None" = None
    changed: bool = False


class WsApiRequest(msgspec.Struct, frozen=True):
    """A request over the WebSocket API. `id` is its JSON text, echoed as it came."""

    id: bytes
    method: str
    params: dict[str, object]
    message: bytes


class RequestKey(NamedTuple):
    """What makes two requests the same: method, path, and parameters without what is volatile.

    `params` are sorted (name, canonical value) pairs. HTTP and WS-API requests that ask the same
    thing have the same key: the WS-API's `depth` is `GET /api/v3/depth`.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...]


class Refusal(Enum):
    """Reasons for which a venue answers with an error of its own."""

    NO_RECORDING = "no recording"  # replay: the tape does not hold this request
    UPSTREAM_UNREACHABLE = "upstream unreachable"
    UPSTREAM_TIMEOUT = "upstream timeout"
    TRADING_REFUSED = "trading refused"
    BODY_TOO_LARGE = "body too large"


class Quote(NamedTuple):
    """Prices that a message tells, as its text has them; empty where it does not say."""

    symbol: str
    last: str = ""
    bid: str = ""
    ask: str = ""


class Feed(NamedTuple):
    """A connection that the recorder opens by itself: a target to open, and what it will carry."""

    target: str
    channels: tuple[str, ...]


class Coverage(NamedTuple):
    """What can be answered: a stream (`@trade`) or endpoint (`depth`), of a symbol or of all."""

    what: str
    symbol: str
    recorded: bool
    derived: bool


class Venue(MarketSide, FaultSide, RateSide, ShockSide, Protocol):
    """One exchange's wire conventions. Instances hold no state.

    `hosts` has every host name a client may mean, in lower case and without a port.
    """

    name: str
    api_date: str
    upstreams: Mapping[str, Upstream]
    hosts: Mapping[str, Role]
    liveness: Liveness
    secrets: SecretRules
    wsapi_path: str  # where the WebSocket API is, on its host
    time_target: str  # the REST target that tells the venue's time

    # ---- connections

    def open(self, target: str) -> Subscription | HttpReply:
        """Return what a WebSocket handshake at `target` subscribes to, or the refusal."""
        ...

    def command(self, subscription: Subscription, message: bytes) -> CommandOutcome:
        """Apply a client's message to its subscription and say what follows.

        Used by the replay server to answer, and by the recorder to follow what a connection
        carries (the recorder ignores the reply).
        """
        ...

    def carried(self, subscription: Subscription, payload: bytes) -> Carried:
        """Return the channel of a message received on a connection (recording)."""
        ...

    def envelope(self, subscription: Subscription, channel: str) -> Envelope | None:
        """Return the envelope this connection gets `channel` in; None: it is not delivered here."""
        ...

    def ping_payload(self, now_ms: int) -> bytes:
        """Return what a ping from the venue carries."""
        ...

    # ---- requests

    def request_key(self, request: HttpRequest) -> RequestKey:
        """Return what identifies an HTTP request for matching."""
        ...

    def wsapi_key(self, request: WsApiRequest) -> RequestKey:
        """Return what identifies a WS-API request: the key of its HTTP twin if it has one."""
        ...

    def wsapi_request(self, message: bytes) -> WsApiRequest | None:
        """Parse a recorded WS-API request; None if it is not one."""
        ...

    def is_stateful(self, key: RequestKey) -> bool:
        """Say whether answers are to be played in order, rather than by time."""
        ...

    def is_trading(self, request: HttpRequest) -> bool:
        """Say whether an HTTP request moves money or orders."""
        ...

    def is_trading_message(self, message: bytes) -> bool:
        """Say whether a WS-API message moves money or orders."""
        ...

    def computed(self, key: RequestKey, now_ms: int) -> HttpReply | None:
        """Answer what is never looked up: ping and time."""
        ...

    def refuse(self, refusal: Refusal, detail: str) -> HttpReply:
        """Say `refusal` as this venue would, with `detail` in its message."""
        ...

    def wsapi_reply(self, request: WsApiRequest, reply: HttpReply) -> bytes:
        """Return an HTTP answer as the WS-API sends it, with the request's id."""
        ...

    def wsapi_reply_id(self, message: bytes) -> bytes | None:
        """Return the id of a WS-API reply, as its JSON text; None if it is no reply."""
        ...

    def wsapi_recorded(self, message: bytes) -> HttpReply:
        """Return a recorded WS-API reply as the HTTP answer it is equal to."""
        ...

    # ---- recording without a client

    def feeds(self, symbols: tuple[str, ...], streams: tuple[str, ...]) -> tuple[Feed, ...]:
        """Return the connections that carry these streams. Raises InvalidOption."""
        ...

    def snapshots(self, symbols: tuple[str, ...], streams: tuple[str, ...]) -> tuple[str, ...]:
        """Return the REST targets to fetch at the start: exchangeInfo, kline history."""
        ...

    def depth_target(self, symbol: str) -> str:
        """Return the REST target of a deep order book."""
        ...

    def depth_channels(
        self, symbols: tuple[str, ...], streams: tuple[str, ...]
    ) -> Mapping[str, str]:
        """Return the channel of the book's diffs by symbol, where such a stream was asked for."""
        ...

    def server_time_ms(self, body: bytes) -> int | None:
        """Return the time in an answer to `time_target`; None if there is none in it."""
        ...

    def bridges(self, snapshot: bytes, diffs: list[bytes]) -> bool | None:
        """Say whether a depth answer joins the diffs; None: more diffs are needed to tell."""
        ...

    def event_time_ms(self, payload: bytes) -> int | None:
        """Return the venue's own time in a stream's payload, if it has one."""
        ...

    def sequence_gap(self, previous: bytes, payload: bytes) -> bool:
        """Say whether messages of one channel are missing between two payloads."""
        ...

    # ---- times, so that a tape may be served at another one

    def has_times(self, channel: str) -> bool:
        """Say whether the messages of a stream may hold times."""
        del channel
        return True

    def locate(self, channel: str, payload: bytes, *, with_ids: bool = False) -> Located:
        """Return where the times in a stream's payload stand; and the ids of its counters."""
        del channel, payload, with_ids
        return Located(())

    def shifted_answer(self, key: RequestKey, reply: HttpReply, shift: Shift) -> HttpReply:
        """Return a recorded answer with every time in it moved, also those of its headers."""
        del key, shift
        return reply

    def unshifted(self, key: RequestKey, shift: Shift) -> RequestKey:
        """Return a request with its times moved back to where the tape has them."""
        del shift
        return key

    # ---- for people to look at

    def quote(self, channel: str, payload: bytes) -> Quote | None:
        """Return the prices that a stream's payload tells, None if it tells none."""
        ...
