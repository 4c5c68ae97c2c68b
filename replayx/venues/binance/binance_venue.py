"""The Venue protocol for Binance: each method hands its dialect to the module that knows."""

from collections.abc import Collection, Mapping

from replayx.market.events import MarketEvent
from replayx.timeline.places import Located, Shift
from replayx.venues.binance import (
    attribution,
    commands,
    failures,
    feeds,
    number_fields,
    paths,
    quotes,
    replies,
    request_key,
    retelling,
    sequence,
    trading,
    wsapi,
)
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.envelopes import envelope
from replayx.venues.binance.fault_side import BinanceFaultSide
from replayx.venues.binance.market_side import BinanceMarketSide
from replayx.venues.binance.rate_side import BinanceRateSide
from replayx.venues.binance.secrets import SECRETS
from replayx.venues.shock_side import Told
from replayx.venues.venue import (
    Carried,
    CommandOutcome,
    Envelope,
    Feed,
    HttpReply,
    HttpRequest,
    Liveness,
    Quote,
    Refusal,
    RequestKey,
    Role,
    Subscription,
    Upstream,
    Venue,
    WsApiRequest,
)


class BinanceVenue(BinanceMarketSide, BinanceFaultSide, BinanceRateSide, Venue):
    """One of Binance's markets; see replayx.venues.venue.Venue for the methods."""

    secrets = SECRETS

    def __init__(self, dialect: Dialect) -> None:
        BinanceMarketSide.__init__(self, dialect)
        BinanceRateSide.__init__(self, dialect)
        self.name: str = dialect.name
        self.api_date: str = dialect.api_date
        self.upstreams: Mapping[str, Upstream] = dialect.upstreams
        self.hosts: Mapping[str, Role] = dialect.hosts
        self.liveness: Liveness = dialect.liveness
        self.failures = failures.catalogue(dialect)
        self.wsapi_path: str = dialect.wsapi_path
        self.time_target: str = f"{dialect.api}/time"

    # ---- connections

    def open(self, target: str) -> Subscription | HttpReply:
        """Return what a WebSocket handshake at `target` subscribes to, or the refusal."""
        return paths.open_path(self._dialect, target)

    def command(self, subscription: Subscription, message: bytes) -> CommandOutcome:
        """Apply a client's message to its subscription and say what follows."""
        if subscription.role is Role.WS_API:
            return wsapi.command(self._dialect, subscription, message)
        return commands.command(subscription, message)

    def carried(self, subscription: Subscription, payload: bytes) -> Carried:
        """Return the channel of a message received on a connection."""
        return attribution.carried(self._dialect, subscription, payload)

    def envelope(self, subscription: Subscription, channel: str) -> Envelope | None:
        """Return the envelope this connection gets `channel` in; None: not delivered here."""
        return envelope(self._dialect, subscription, channel)

    def ping_payload(self, now_ms: int) -> bytes:
        """Return what a ping carries: the time in milliseconds, as text (observed)."""
        return b"%d" % now_ms

    # ---- requests

    def request_key(self, request: HttpRequest) -> RequestKey:
        """Return what identifies an HTTP request for matching."""
        return request_key.request_key(self._dialect, request)

    def wsapi_key(self, request: WsApiRequest) -> RequestKey:
        """Return what identifies a WS-API request: the key of its HTTP twin if it has one."""
        return wsapi.wsapi_key(self._dialect, request)

    def wsapi_request(self, message: bytes) -> WsApiRequest | None:
        """Parse a recorded WS-API request; None if it is not one."""
        return wsapi.parse_request(message)

    def is_stateful(self, key: RequestKey) -> bool:
        """Say whether answers are to be played in order, rather than by time."""
        return trading.is_stateful(self._dialect, key)

    def is_trading(self, request: HttpRequest) -> bool:
        """Say whether an HTTP request moves money or orders."""
        return trading.is_trading(request)

    def is_trading_message(self, message: bytes) -> bool:
        """Say whether a WS-API message moves money or orders."""
        return trading.is_trading_message(self._dialect, message)

    def computed(self, key: RequestKey, now_ms: int) -> HttpReply | None:
        """Answer what is never looked up: ping and time."""
        return replies.computed(self._dialect, key, now_ms)

    def refuse(self, refusal: Refusal, detail: str) -> HttpReply:
        """Say `refusal` as Binance would, with `detail` in its message."""
        return replies.refuse(self._dialect, refusal, detail)

    def wsapi_reply(self, request: WsApiRequest, reply: HttpReply) -> bytes:
        """Return an HTTP answer as the WS-API sends it, with the request's id."""
        return wsapi.wsapi_reply(self._dialect, request, reply)

    def wsapi_reply_id(self, message: bytes) -> bytes | None:
        """Return the id of a WS-API reply, as its JSON text; None if it is no reply."""
        return wsapi.reply_id(message)

    def wsapi_recorded(self, message: bytes) -> HttpReply:
        """Return a recorded WS-API reply as the HTTP answer it is equal to."""
        return wsapi.wsapi_recorded(self._dialect, message)

    # ---- recording without a client

    def feeds(self, symbols: tuple[str, ...], streams: tuple[str, ...]) -> tuple[Feed, ...]:
        """Return the connections that carry these streams. Raises InvalidOption."""
        return feeds.feeds(self._dialect, symbols, streams)

    def snapshots(self, symbols: tuple[str, ...], streams: tuple[str, ...]) -> tuple[str, ...]:
        """Return the REST targets to fetch at the start: exchangeInfo, kline history."""
        return feeds.snapshots(self._dialect, symbols, streams)

    def depth_target(self, symbol: str) -> str:
        """Return the REST target of a deep order book."""
        return feeds.depth_target(self._dialect, symbol)

    def depth_channels(
        self, symbols: tuple[str, ...], streams: tuple[str, ...]
    ) -> Mapping[str, str]:
        """Return the channel of the book's diffs by symbol, where such a stream was asked for."""
        return feeds.depth_channels(symbols, streams)

    def server_time_ms(self, body: bytes) -> int | None:
        """Return the time in an answer to `time_target`; None if there is none in it."""
        return sequence.server_time_ms(body)

    def bridges(self, snapshot: bytes, diffs: list[bytes]) -> bool | None:
        """Say whether a depth answer joins the diffs; None: more diffs are needed to tell."""
        return sequence.bridges(self._dialect, snapshot, diffs)

    def event_time_ms(self, payload: bytes) -> int | None:
        """Return the venue's own time in a stream's payload, if it has one."""
        return sequence.event_time_ms(payload)

    def sequence_gap(self, previous: bytes, payload: bytes) -> bool:
        """Say whether messages of one channel are missing between two payloads."""
        return sequence.sequence_gap(self._dialect, previous, payload)

    # ---- times

    def has_times(self, channel: str) -> bool:
        """Say whether the messages of a stream may hold times."""
        return number_fields.has_times(self._dialect, channel)

    def locate(self, channel: str, payload: bytes, *, with_ids: bool = False) -> Located:
        """Return where the times in a stream's payload stand; and the ids of its counters."""
        return number_fields.locate(self._dialect, channel, payload, with_ids=with_ids)

    def shifted_answer(self, key: RequestKey, reply: HttpReply, shift: Shift) -> HttpReply:
        """Return a recorded answer with every time in it moved, also those of its headers."""
        return number_fields.shifted_answer(self._dialect, key, reply, shift)

    def unshifted(self, key: RequestKey, shift: Shift) -> RequestKey:
        """Return a request with its times moved back to where the tape has them."""
        return number_fields.unshifted(key, shift)

    # ---- other prices

    def retold(self, payload: bytes, event: MarketEvent) -> bytes:
        """Return a stream's payload with the prices and sizes of `event`, all else as it is."""
        return retelling.retold(payload, event)

    def retold_many(self, payload: bytes, symbols: Collection[str], told: Told) -> bytes:
        """Return the payload of a stream about many symbols, or of liquidations, told otherwise."""
        return retelling.retold_many(self._dialect, payload, symbols, told)

    def retold_answer(self, key: RequestKey, body: bytes, told: Told, now_ms: int) -> bytes:
        """Return an answer that came at `now_ms` with what `told` makes of each event in it."""
        return retelling.retold_answer(self._dialect, key, body, told, now_ms)

    # ---- for people to look at

    def quote(self, channel: str, payload: bytes) -> Quote | None:
        """Return the prices that a stream's payload tells, None if it tells none."""
        return quotes.quote(channel, payload)
