"""Deterministic random streams, each named by its role: the only file that imports random.

A stream's draws are a function of (seed, name) alone, so adding one stream never moves another's.
"""

import random
from hashlib import blake2b


def named_stream(seed: int, name: str) -> random.Random:
    """Return the stream called `name`, e.g. `generator/trades/BTCUSDT`, of this seed."""
    digest = blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest, "big"))  # noqa: S311 - simulation, not secrets


def numbers(seed: int, name: str, count: int) -> list[float]:
    """Return the first `count` numbers in [0, 1) of the stream called `name`."""
    draw = named_stream(seed, name).random
    return [draw() for _ in range(count)]
