"""Recording without a client: which connections and requests carry what was asked for."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from urllib.parse import quote, urlencode

import msgspec

from replayx.errors import InvalidOption
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.streams import STREAMS_MAX, kind_of
from replayx.venues.venue import Feed

# Servers and proxies commonly refuse request lines over 8 KB (nginx: large_client_header_buffers).
_TARGET_BYTES_MAX = 8000
# The most spot answers; USDⓈ-M would answer 1,500.
_KLINES_MAX = 1000
_KLINE = "kline_"


def feeds(dialect: Dialect, symbols: tuple[str, ...], streams: tuple[str, ...]) -> tuple[Feed, ...]:
    """Return the connections that carry these streams. Raises InvalidOption."""
    names = _names(dialect, symbols, streams)
    if not dialect.routes:
        return tuple(_connections("/stream", names))
    return tuple(
        feed
        for route, kinds in dialect.routes.items()
        for feed in _connections(
            f"/{route}/stream", [name for name in names if kind_of(name) in kinds]
        )
    )


def _names(dialect: Dialect, symbols: Iterable[str], words: Iterable[str]) -> list[str]:
    names: dict[str, None] = {}
    for word in words:
        if word in dialect.streams.whole:
            names[word] = None
            continue
        _check_word(dialect, word)
        if not symbols:
            raise InvalidOption(f"stream {word!r} without a symbol", expected="--symbols")
        for symbol in symbols:
            names[_name(symbol, word)] = None
    return list(names)


def _name(symbol: str, word: str) -> str:
    # Names of dated contracts are symbols of their own; a bare pair means the perpetual.
    kind = "_perpetual" if word.startswith("continuousKline_") and "_" not in symbol else ""
    return f"{symbol.lower()}{kind}@{word}"


def _check_word(dialect: Dialect, word: str) -> None:
    """Check that a market has a stream. Raises InvalidOption."""
    if word in dialect.streams.words:
        return
    known = sorted(dialect.streams.words | dialect.streams.whole)
    folded = {name.lower(): name for name in known}
    nearest = [folded[name] for name in get_close_matches(word.lower(), folded, n=3, cutoff=0.5)]
    raise InvalidOption(
        f"{dialect.name} has no stream {word!r}",
        expected=" or ".join(nearest or ["trade", "bookTicker", "depth@100ms", "kline_1m"]),
    )


def _connections(path: str, names: list[str]) -> Iterator[Feed]:
    """Cut names into connections that the venue and the way to it accept."""
    start = f"{path}?streams="
    target, carried = start, list[str]()
    for name in names:
        part = quote(name, safe="@!_:-")
        if carried and (
            len(carried) == STREAMS_MAX or len(target) + 1 + len(part) > _TARGET_BYTES_MAX
        ):
            yield Feed(target, tuple(carried))
            target, carried = start, []
        target += ("/" if carried else "") + part
        carried.append(name)
    if carried:
        yield Feed(target, tuple(carried))


def snapshots(
    dialect: Dialect, symbols: tuple[str, ...], streams: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the REST targets to fetch at the start: exchangeInfo and kline history."""
    # The whole of exchangeInfo is what most clients ask for at start-up (ccxt,
    # python-binance, cryptofeed); the per-symbol forms are what the others ask.
    targets = [f"{dialect.api}/exchangeInfo"]
    if dialect.exchange_info_by_symbol and symbols:
        upper = [symbol.upper() for symbol in symbols]
        targets += [_target(dialect, "exchangeInfo", symbol=symbol) for symbol in upper]
        listed = msgspec.json.encode(upper).decode()
        targets.append(_target(dialect, "exchangeInfo", symbols=listed))
    words = [word for word in streams if word.startswith(_KLINE)]
    intervals = dict.fromkeys(word.removeprefix(_KLINE).partition("@")[0] for word in words)
    targets += [
        _target(dialect, "klines", symbol=symbol.upper(), interval=interval, limit=str(_KLINES_MAX))
        for symbol in symbols
        for interval in intervals or {"1m": None}
    ]
    return tuple(targets)


def depth_target(dialect: Dialect, symbol: str) -> str:
    """Return the REST target of the deepest order book there is."""
    return _target(dialect, "depth", symbol=symbol.upper(), limit=str(dialect.depth_limit))


def depth_channels(symbols: Iterable[str], streams: Iterable[str]) -> dict[str, str]:
    """Return the channel of the book's diffs by symbol; partial books have no diffs."""
    diffs = [word for word in streams if word == "depth" or word.startswith("depth@")]
    return {symbol: _name(symbol, diffs[0]) for symbol in symbols} if diffs else {}


def _target(dialect: Dialect, endpoint: str, **params: str) -> str:
    return f"{dialect.api}/{endpoint}?{urlencode(params)}"
