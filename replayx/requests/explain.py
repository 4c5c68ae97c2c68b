"""Saying in words why no recording answers a request: the nearest ones, and what differed."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Protocol

_NEAREST = 3
# A request's text in messages: a body that is no form counts as one long parameter.
_SHOWN_MAX = 500


class Key(Protocol):
    """What a request key shows of itself."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def path(self) -> str:
        """The path without its query."""
        ...

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """The parameters that matter, sorted by name."""
        ...


def describe(key: Key) -> str:
    """Return a key as people write requests: `GET /depth?limit=5&symbol=BTCUSDT`."""
    query = "&".join(f"{name}={value}" for name, value in key.params)
    return _shortened(f"{key.method} {key.path}{'?' if query else ''}{query}")


def explain(asked: Key, recorded: Sequence[Key]) -> str:
    """Return one sentence naming what was asked and the nearest recorded requests."""
    start = f"replayx: the tape holds no answer to {describe(asked)}"
    nearest = _nearest(asked, recorded)
    if not nearest:
        return f"{start}; it holds no request at all" if not recorded else start
    told = "; ".join(f"{describe(key)} ({_difference(asked, key)})" for key in nearest)
    return f"{start}. Nearest recorded: {told}"


def _nearest(asked: Key, recorded: Sequence[Key]) -> list[Key]:
    same_path = [key for key in recorded if key.path == asked.path]
    if same_path:
        return sorted(same_path, key=lambda key: (_distance(asked, key), describe(key)))[:_NEAREST]
    paths = get_close_matches(asked.path, sorted({key.path for key in recorded}), _NEAREST)
    return [next(key for key in recorded if key.path == path) for path in paths]


def _distance(asked: Key, key: Key) -> int:
    mine, theirs = dict(asked.params), dict(key.params)
    names = sum(name not in theirs for name in mine) + sum(name not in mine for name in theirs)
    values = sum(name in theirs and theirs[name] != value for name, value in mine.items())
    return 4 * (asked.method != key.method) + 2 * names + values


def _difference(asked: Key, key: Key) -> str:
    if asked.path != key.path:
        return "another path"
    differences = [] if asked.method == key.method else [f"method {key.method}"]
    mine, theirs = dict(asked.params), dict(key.params)
    for name in sorted({*mine, *theirs}):
        if name not in theirs:
            differences.append(f"without {name}")
        elif name not in mine:
            differences.append(f"with {name}")
        elif mine[name] != theirs[name]:
            differences.append(f"{name} {theirs[name]}, asked {mine[name]}")
    return _shortened(", ".join(differences)) or "already played"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."
