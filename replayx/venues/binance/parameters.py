"""Parameters of a request for market data, and what Binance says about wrong ones.

Origin of codes and texts: errors.md; of those with a range in them, answers of the live venue.
What is left out of a key because it is the default is put back by whoever asks.
"""

import re

import msgspec

from replayx.market.market_view import MarketView
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.streams import INTERVALS, SPOT_INTERVALS
from replayx.venues.binance.time_zone import zone_ms
from replayx.venues.binance.wire_events import to_ms
from replayx.venues.venue import RequestKey

_INTEGER = re.compile(r"[0-9]{1,20}", re.ASCII)
_INTEGER_RANGE = "^[0-9]{1,20}$"
# Unicode symbols are allowed since 2025-12; the range is a Java pattern.
_SYMBOL = re.compile(r"(?:[^\Wa-z]|[-.]){1,50}")
_SYMBOL_RANGE = r"^[\w\-._&&[^a-z]]{1,50}$"
_SYMBOLS_RANGE = (
    r'^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$'  # the same, listed
)
_WINDOW = re.compile(r"([1-9]|[1-5][0-9])m|([1-9]|1[0-9]|2[0-3])h|([1-7])d", re.ASCII)
_STATUSES = frozenset({"TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY"})
_decode_symbols = msgspec.json.Decoder(list[str]).decode


class Refused(Exception):
    """The venue refuses the request: its error code and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def invalid(name: str) -> Refused:
    """Return the refusal of a value that is well-formed and yet wrong."""
    return Refused(-1130, f"Data sent for parameter '{name}' is not valid.")


def symbols_of(key: RequestKey) -> tuple[str, ...]:
    """Return the symbols that a request names, as they are written in it."""
    given = dict(key.params)
    one = given.get("symbol") or given.get("pair")
    if one is not None:
        return (one,)
    try:
        return tuple(_decode_symbols(given.get("symbols", "[]")))
    except msgspec.MsgspecError:
        return ()


def bad_combination() -> Refused:
    """Return the refusal of parameters that do not go together."""
    return Refused(-1128, "Combination of optional parameters invalid.")


def _illegal(name: str, legal: str) -> Refused:
    text = f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    return Refused(-1100, text)


class Parameters:
    """The parameters of one request. All methods raise Refused."""

    def __init__(self, dialect: Dialect, key: RequestKey) -> None:
        self._dialect = dialect
        self._given = dict(key.params)

    def has(self, name: str) -> bool:
        """Say whether a parameter was sent."""
        return name in self._given

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter that may be left out, but not be empty."""
        value = self._given.get(name, default)
        if not value and name in self._given:
            raise Refused(-1105, f"Parameter '{name}' was empty.")
        return value

    def required(self, name: str) -> str:
        """Return a parameter that must be sent."""
        if name not in self._given:
            raise Refused(
                -1102,
                f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
            )
        return self.text(name)

    def integer(self, name: str) -> int | None:
        """Return a whole number that may be left out."""
        text = self.text(name)
        if not text:
            return None
        if _INTEGER.fullmatch(text) is None:
            raise _illegal(name, _INTEGER_RANGE)
        return int(text)

    def limit(self, default: int, maximum: int) -> int:
        """Return how many rows are asked for: spot takes too many for the maximum, USDⓈ-M refuses
        (derivatives docs, -1130).
        """
        limit = self.integer("limit")
        if limit is None:
            return default
        if limit == 0 or (limit > maximum and self._dialect.diffs_are_linked):
            raise invalid("limit")
        return min(limit, maximum)

    def times(self) -> tuple[int | None, int | None]:
        """Return startTime and endTime in ms; they may be sent in microseconds."""
        start, end = self.integer("startTime"), self.integer("endTime")
        backwards = start is not None and end is not None and start > end
        if backwards and self._dialect.diffs_are_linked:
            raise Refused(-1023, "Start time is greater than end time.")
        return (
            None if start is None else to_ms(start),
            None if end is None else to_ms(end),
        )

    def interval(self) -> str:
        """Return a candle's length."""
        intervals = INTERVALS if self._dialect.diffs_are_linked else SPOT_INTERVALS
        interval = self.required("interval")
        if interval not in intervals:
            raise Refused(-1120, "Invalid interval.")
        return interval

    def zone_ms(self) -> int:
        """Return the offset of the time zone."""
        offset_ms = zone_ms(self.text("timeZone", "0"))
        if offset_ms is None:
            raise invalid("timeZone")
        return offset_ms

    def is_mini(self) -> bool:
        """Say whether the short form of a ticker is asked for."""
        form = self.text("type", "FULL")
        if form not in ("FULL", "MINI"):
            raise Refused(-1139, "Invalid ticker type.")
        return form == "MINI"

    def window_ms(self) -> int:
        """Return the length of a rolling window."""
        match = _WINDOW.fullmatch(self.text("windowSize", "1d"))
        if match is None:
            raise invalid("windowSize")
        minutes, hours, days = (int(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60_000

    def symbol(self, market: MarketView, name: str = "symbol") -> str:
        """Return the one symbol that is asked for."""
        return self._known(self.required(name), market, name)

    def symbols(self, market: MarketView) -> tuple[str, ...] | None:
        """Return the listed symbols that are asked for; None: no list was sent."""
        if not self.has("symbols"):
            return None
        if self.has("symbol"):
            raise bad_combination()
        try:
            listed = _decode_symbols(self.text("symbols"))
        except (msgspec.MsgspecError, RecursionError):
            raise _illegal("symbols", _SYMBOLS_RANGE) from None
        if not listed or any(_SYMBOL.fullmatch(one) is None for one in listed):
            raise _illegal("symbols", _SYMBOLS_RANGE)
        if len(dict.fromkeys(listed)) < len(listed):
            raise Refused(-1151, "Symbol is present multiple times in the list.")
        return tuple(self._known(one, market, "symbols") for one in listed)

    def trades_now(self) -> bool:
        """Say whether symbols that are trading are asked for: all of a tape are."""
        status = self.text("symbolStatus", "TRADING")
        if status not in _STATUSES:
            raise Refused(-1122, "Invalid symbolStatus.")
        if status != "TRADING" and self.has("symbol"):
            raise Refused(-1220, "The symbol's status does not match the requested symbolStatus.")
        return status == "TRADING"

    def _known(self, symbol: str, market: MarketView, name: str) -> str:
        if not self._dialect.symbols_fold_case and _SYMBOL.fullmatch(symbol) is None:
            raise _illegal(name, _SYMBOL_RANGE)
        if symbol not in market.symbols():
            raise Refused(-1121, "Invalid symbol.")
        return symbol
