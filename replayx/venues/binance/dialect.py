"""The dialect: what differs between Binance's markets, as data."""

from collections.abc import Mapping

import msgspec

from replayx.venues.binance.failure_words import Row
from replayx.venues.venue import Liveness, Role, Upstream


class StreamNames(msgspec.Struct, frozen=True):
    """Which streams a market has, and how their payloads tell which one they are.

    words: what follows `<symbol>@` (`trade`, `depth@100ms`).
    whole: names without a symbol (`!miniTicker@arr`, `tradingSession`).
    by_event: the event type (`e`) of a payload, to the words that carry it.
    whole_by_event: the same for names without a symbol, carried as one object.
    arrays_by_event: the same where the payload is an array of events.
    """

    words: frozenset[str]
    whole: frozenset[str]
    by_event: Mapping[str, tuple[str, ...]]
    whole_by_event: Mapping[str, tuple[str, ...]]
    arrays_by_event: Mapping[str, tuple[str, ...]]


class Dialect(msgspec.Struct, frozen=True):
    """One of Binance's markets.

    api: the path its REST endpoints begin with.
    routes: the path prefix of a WebSocket URL, to the kinds of streams that live there; empty for
      a market that has one path for all.
    methods: a WS-API method, to the (HTTP method, path) that answers the same.
    defaults: a path, to the parameter values it takes when they are left out.
    public: paths whose GET is market data.
    """

    name: str
    api_date: str
    upstreams: Mapping[str, Upstream]
    hosts: Mapping[str, Role]
    liveness: Liveness
    api: str
    wsapi_path: str
    streams: StreamNames
    routes: Mapping[str, frozenset[str]]
    methods: Mapping[str, tuple[str, str]]
    defaults: Mapping[str, frozenset[tuple[str, str]]]
    public: frozenset[str]
    content_type: str
    server: str  # what its Server header says
    weight_max: int
    orders_max: int  # in ten seconds
    failures: Mapping[str, Row]  # by word
    announces_shutdown: bool  # with `serverShutdown`
    timeout_status: int
    depth_limit: int
    diffs_are_linked: bool  # depth diffs name the one before them (`pu`)
    symbols_fold_case: bool  # REST takes `btcusdt` for `BTCUSDT`
    user_events_wrapped: bool  # on /stream, private events come in the envelope too
    exchange_info_by_symbol: bool
