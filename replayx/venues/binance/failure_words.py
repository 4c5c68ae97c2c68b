"""Binance's failures by word, as data: what differs between the markets is their tables.

Origin: rest-api.md ("HTTP Return Codes", "IP Limits"), errors.md, and for futures "General Info"
and "Error Codes" of the derivatives documentation; [seen] is what clients reported of the wire.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Row(NamedTuple):
    """One failure.

    `text` may name {limit}, {interval} (`1 MINUTE`) or {period} (`minute`), and {until} (the end of
    a ban, in ms).
    """

    word: str
    summary: str
    source: str
    status: int
    code: int | None
    text: str


_REST = "rest-api.md, HTTP Return Codes"
_LIMITS = "rest-api.md, IP Limits"
_ERRORS = "errors.md"
_ENGINE = "errors.md, Messages for -1010, -2010, -2011"
_FILTERS = "errors.md, Filter failures"
_FUTURES = "derivatives docs, General Info"
_FUTURES_CODES = "derivatives docs, Error Codes"

_INTERNAL = "Internal error; unable to process your request. Please try again."
_UNKNOWN = "An unknown error occurred while processing the request."
_TIMEOUT = (
    "Timeout waiting for response from backend server. "
    "Send status unknown; execution status unknown."
)
_OVERLOADED = (
    "Server is currently overloaded with other requests. Please try again in a few minutes."
)
_RESTRICTED = (
    "Service unavailable from a restricted location according to 'b. Eligibility' in "
    "https://www.binance.com/en/terms. Please contact customer service if you believe you "
    "received this message in error."
)

_TOO_LATE = "Timestamp for this request is outside of the recvWindow."
_TOO_EARLY = "Timestamp for this request was 1000ms ahead of the server's time."

# What both markets say alike.
_COMMON = (
    Row("unknown_error", "unknown error (-1000)", _ERRORS, 500, -1000, _UNKNOWN),
    Row("disconnected", "internal error of a gateway (-1001)", _ERRORS, 503, -1001, _INTERNAL),
    Row(
        *("unauthorized", "not authorized (-1002)", _ERRORS, 401, -1002),
        "You are not authorized to execute this request.",
    ),
    Row(
        *("too_many_orders", "too many new orders (429, -1015)", _ERRORS, 429, -1015),
        "Too many new orders; current limit is {limit} orders per {interval}.",
    ),
    Row(
        *("maintenance", "the API is shutting down for maintenance (-1016)", _ERRORS, 400, -1016),
        "This service is no longer available.",
    ),
    Row(
        *("bad_timestamp", "a signed request is too old (-1021)", _ERRORS, 400, -1021),
        _TOO_LATE,
    ),
    Row(
        *("bad_timestamp_ahead", "a signed request is early (-1021)", _ERRORS, 400, -1021),
        _TOO_EARLY,
    ),
    Row(
        *("bad_signature", "the signature is not valid (-1022)", _ERRORS, 400, -1022),
        "Signature for this request is not valid.",
    ),
    Row("invalid_symbol", "no such symbol (-1121)", _ERRORS, 400, -1121, "Invalid symbol."),
    Row("unknown_order", "no such order (-2011)", _ERRORS, 400, -2011, "Unknown order sent."),
    Row("no_such_order", "no such order (-2013)", _ERRORS, 400, -2013, "Order does not exist."),
    Row(
        *("bad_key_format", "no API key (-2014)", _ERRORS, 401, -2014),
        "API-key format invalid.",
    ),
    Row(
        *("bad_key", "API key, address or permission refused (-2015)", _ERRORS, 401, -2015),
        "Invalid API-key, IP, or permissions for action.",
    ),
    Row(
        *("restricted_location", "not available in this country (451)", "seen 2022-11", 451, 0),
        _RESTRICTED,
    ),
    Row("waf", "the firewall's page (403, HTML)", _REST, 403, None, ""),
    Row("not_found", "no such path (404, nothing)", "seen 2022", 404, None, ""),
    Row("not_found_page", "no such path (404, HTML)", "seen 2022", 404, None, "Not Found"),
    Row("gone", "a removed endpoint (410, HTML)", "seen 2026-02", 410, None, "Gone"),
    Row("bad_gateway", "a gateway fails (502, HTML)", "seen 2022-08", 502, None, "Bad Gateway"),
)


def _rejects(*pairs: tuple[str, str]) -> tuple[Row, ...]:
    """Return refusals of the matching engine, which share a code."""
    return tuple(
        Row(word, f"order refused (-2010): {text}", _ENGINE, 400, -2010, text)
        for word, text in pairs
    )


def _filters(code: int, source: str, *pairs: tuple[str, str]) -> tuple[Row, ...]:
    return tuple(
        Row(word, f"order refused by its filter ({code}): {text}", source, 400, code, text)
        for word, text in pairs
    )


SPOT_ROWS = (
    Row(
        *("too_many_requests", "request weight used up (429, -1003)", _LIMITS, 429, -1003),
        "Too much request weight used; current limit is {limit} request weight per {interval}. "
        "Please use WebSocket Streams for live updates to avoid polling the API.",
    ),
    Row(
        *("ip_banned", "the address is banned (418, -1003)", _LIMITS, 418, -1003),
        "Way too much request weight used; IP banned until {until}. "
        "Please use WebSocket Streams for live updates to avoid bans.",
    ),
    Row(
        *("requests_queued", "too many requests queued (429, -1003)", _ERRORS, 429, -1003),
        "Too many requests queued.",
    ),
    Row(
        *("execution_unknown", "no answer of the engine (503, -1006)", _REST, 503, -1006),
        "An unexpected response was received from the message bus. Execution status unknown.",
    ),
    Row(
        *("service_unavailable", "the content network's page (503, HTML)", _REST, 503, None),
        "",
    ),
    Row("internal_error", "internal error (-1001)", _ERRORS, 500, -1001, _INTERNAL),
    Row("backend_timeout", "timeout, outcome unknown (-1007)", _ERRORS, 504, -1007, _TIMEOUT),
    Row("overloaded", "overloaded (503, -1008)", _ERRORS, 503, -1008, _OVERLOADED),
    *_COMMON,
    Row("unknown_key", "unknown API key (-2008)", "seen", 401, -2008, "Invalid Api-Key ID."),
    *_rejects(
        ("insufficient_balance", "Account has insufficient balance for requested action."),
        ("would_match", "Order would immediately match and take."),
        ("would_trigger", "Order would trigger immediately."),
        ("duplicate_order", "Duplicate order sent."),
        ("market_closed", "Market is closed."),
        ("account_disabled", "This action is disabled on this account."),
        ("account_locked", "This account may not place or cancel orders."),
        ("symbol_not_permitted", "This symbol is not permitted for this account."),
        ("symbol_restricted", "This symbol is restricted for this account."),
        ("api_trading_disabled", "Rest API trading is not enabled."),
        ("no_liquidity", "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."),
    ),
    *_filters(
        *(-1013, _FILTERS),
        ("filter_price", "Filter failure: PRICE_FILTER"),
        ("filter_percent_price", "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ("filter_lot_size", "Filter failure: LOT_SIZE"),
        ("filter_notional", "Filter failure: NOTIONAL"),
        ("filter_max_orders", "Filter failure: MAX_NUM_ORDERS"),
    ),
)

_REFUSED = (
    ("insufficient_balance", -2018, "Balance is insufficient."),
    ("insufficient_margin", -2019, "Margin is insufficient."),
    ("unable_to_fill", -2020, "Unable to fill."),
    ("would_trigger", -2021, "Order would immediately trigger."),
    ("reduce_only_rejected", -2022, "ReduceOnly Order is rejected."),
    ("in_liquidation", -2023, "User in liquidation mode now."),
    ("max_open_orders", -2025, "Reach max open order limit."),
    ("max_position", -2027, "Exceeded the maximum allowable position at current leverage."),
    ("filter_price", -4014, "Price not increased by tick size."),
    ("filter_lot_size", -4023, "Quantity not increased by step size."),
    (
        "filter_notional",
        -4164,
        "Order's notional must be no smaller than 5 (unless you choose reduce only).",
    ),
    (
        "would_match",
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
)

USDM_ROWS = (
    Row(
        *("too_many_requests", "request weight used up (429, -1003)", _FUTURES, 429, -1003),
        "Too many requests; current limit is {limit} requests per {period}. "
        "Please use the websocket for live updates to avoid polling the API.",
    ),
    Row(
        *("ip_banned", "the address is banned (418, -1003)", _FUTURES, 418, -1003),
        "Way too many requests; IP banned until {until}. "
        "Please use the websocket for live updates to avoid bans.",
    ),
    # Seen 2020-12: the gateway's own shape, with its time and the path, and without a code.
    Row(
        *("execution_unknown", "no answer of the engine (503)", _FUTURES, 503, None),
        "Unknown error, please check your request or try again later.",
    ),
    Row(
        *("service_unavailable", "failed, for sure (503)", _FUTURES, 503, None),
        "Service Unavailable.",
    ),
    Row("internal_error", "failed, for sure (503, -1001)", _FUTURES, 503, -1001, _INTERNAL),
    Row("backend_timeout", "timeout (408, -1007)", _FUTURES, 408, -1007, _TIMEOUT),
    Row("overloaded", "overloaded (503, -1008)", _FUTURES, 503, -1008, _OVERLOADED),
    *_COMMON,
    Row(
        *("market_closed", "order refused (-4140)", _FUTURES_CODES, 400, -4140),
        "Invalid symbol status for opening position.",
    ),
    *(
        Row(word, f"order refused ({code}): {text}", _FUTURES_CODES, 400, code, text)
        for word, code, text in _REFUSED
    ),
)


def _by_word(rows: tuple[Row, ...]) -> Mapping[str, Row]:
    table = {row.word: row for row in rows}
    assert len(table) == len(rows), "a word stands for one failure"
    return MappingProxyType(table)


SPOT_FAILURES = _by_word(SPOT_ROWS)
USDM_FAILURES = _by_word(USDM_ROWS)
