"""Random plans: any registered toxic with any attributes, anywhere, at any time."""

from random import Random
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec

from replayx.errors import ReplayxError
from replayx.faults.attributes import Duration, Rate, Ratio, Size
from replayx.faults.plan_text import plan_from_document
from replayx.faults.rule import Plan
from replayx.faults.shock import shocks_of
from replayx.faults.toxic import Toxic
from replayx.venues.venue import Venue

MARKETS = ("binance-spot", "binance-usdm")
_CHANNELS = ("*@trade", "btcusdt@depth*", "*@bookTicker", "*", "ethusdt@*")
_ROUTES = ("GET /api/v3/*", "GET /api/v3/depth", "*", "POST *")
_TRIES_A_TOXIC = 12
_DURATIONS = ("0s", "1ms", "50ms", "700ms", "3s", "20s")
_SIZES = (1, 13, 700, "4KiB", "1MiB")

Document = dict[str, Any]


class Stock(NamedTuple):
    """What plans are drawn from."""

    toxics: dict[str, type[Toxic]]
    failures: tuple[str, ...]
    venues: dict[str, Venue]


def random_plan(chance: Random, stock: Stock, *, shocks: bool) -> tuple[Plan, Document]:
    """Return a plan that is valid, and its document; with shocks only where they are allowed."""
    rows: list[Document] = []
    plan = Plan()
    for _ in range(chance.randint(0, 6)):
        for _ in range(_TRIES_A_TOXIC):
            row = _toxic(chance, stock, f"t{len(rows)}")
            document = {"seed": chance.randrange(1 << 32), "toxic": [*rows, row]}
            try:
                tried = plan_from_document(document, "$", venues=stock.venues)
            except ReplayxError:  # an impossible target, or attributes that don't go together
                continue
            if shocks or not shocks_of(tried):
                plan, rows = tried, [*rows, row]
                break
    return plan, {"toxic": rows}


def _toxic(chance: Random, stock: Stock, name: str) -> Document:
    word = chance.choice(sorted(stock.toxics))
    document: Document = {"type": word, "name": name}
    for field in msgspec.structs.fields(stock.toxics[word]):
        if field.required or chance.random() < 0.6:
            value = _value(chance, field.name, field.type, stock.failures)
            if value is not None:
                document[field.encode_name] = value
    where, when = _where(chance), _when(chance)
    return {**document, **({"where": where} if where else {}), **({"when": when} if when else {})}


def _value(chance: Random, name: str, kind: Any, failures: tuple[str, ...]) -> object:
    """Return a value of a type; None: leave it out."""
    if get_origin(kind) is not None and get_origin(kind) is not Literal:
        kinds = [one for one in get_args(kind) if one is not type(None)]
        return _value(chance, name, kinds[0], failures) if kinds else None
    if get_origin(kind) is Literal:
        return chance.choice(get_args(kind))
    choices: dict[Any, Any] = {
        Duration: _DURATIONS,
        Size: _SIZES,
        Rate: ("1KB/s", "100KB/s", "10MB/s"),
        Ratio: (0, 0.01, 0.3, 1.0, "50%"),
        bool: (True, False),
        int: (0, 1, 2, 7, 400, 503, 1000, 1001, 1006),
        float: (0.0, 0.5, 1.0, 3.0),
    }
    if kind is str:
        return chance.choice(failures) if name == "failure" else None
    return chance.choice(choices[kind]) if kind in choices else None


def _where(chance: Random) -> Document:
    where: Document = {}
    offers: dict[str, tuple[object, ...]] = {
        "market": MARKETS,
        "carrier": ("ws", "rest", "wsapi"),
        "channel": _CHANNELS,
        "symbol": ("BTCUSDT", "ETHUSDT"),
        "route": _ROUTES,
        "connection": (1, 2, 5),
        "client": ("robot",),
        "direction": ("upstream", "downstream"),
    }
    for name, values in offers.items():
        if chance.random() < 0.2:
            where[name] = chance.choice(values)
    return where


def _when(chance: Random) -> Document:
    when: Document = {}
    offers: dict[str, tuple[object, ...]] = {
        "from": ("1s", "20s", "100s"),
        "until": ("30s", "140s", "1h"),
        "after": ("500ms", "10s"),
        "for": ("100ms", "5s", "60s"),
        "nth": ([1], [3, 4, 90]),
        "every": (2, 7),
        "first": (1, 20),
        "times": (1, 3, 100),
        "probability": (0.0, 0.05, "30%", 1.0),
        "price": ("BTCUSDT > 108380", "BTCUSDT < 100"),
    }
    for name, values in offers.items():
        if chance.random() < 0.15:
            when[name] = chance.choice(values)
    return when
