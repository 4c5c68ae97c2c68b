"""Make the bundled cassettes: a made-up market in Binance's wire form. Same seed, same bytes.

python scripts/make_demo.py            makes cassettes/binance-demo.rpx again, in its place
python scripts/make_demo.py PATH       writes another; --seed, --seconds
"""

import argparse
import hashlib
from pathlib import Path

from demo_market.market import Market
from demo_market.tape import MarketTape, TapeWriter

BUNDLED = Path(__file__).parents[1] / "cassettes" / "binance-demo.rpx"
MARKETS = ("binance-spot", "binance-usdm")
SEED = 20261103
# 2026-11-03 13:58:40 UTC: the tape crosses minutes, a five-minute mark and an hour.
START_MS = 1_793_714_320_000
SECONDS = 150
# Connection 1 is spot's; USDⓈ-M has two, one for each of its stream paths.
FIRST_CONNECTIONS = {"binance-spot": 1, "binance-usdm": 2}


def make(path: Path, *, seed: int = SEED, seconds: int = SECONDS) -> None:
    """Write the cassette. Raises WouldOverwrite, StorageFailure."""
    end_ms = START_MS + seconds * 1000
    tapes = [
        MarketTape(Market(name, seed, START_MS, end_ms), seed, FIRST_CONNECTIONS[name])
        for name in MARKETS
    ]
    items = [item for tape in tapes for item in tape.items()]
    items.sort(key=lambda item: item.at_ns)  # stable: what arrives together keeps its order
    TapeWriter(path, tapes, seed).write(items)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    given = parser.parse_args()
    path = given.path or BUNDLED.with_suffix(".new")
    if given.path is None:
        path.unlink(missing_ok=True)  # of a run that was interrupted
    make(path, seed=given.seed, seconds=given.seconds)
    if given.path is None:
        path = path.replace(BUNDLED)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}: {path.stat().st_size:,} bytes, SHA-256 {digest}")


if __name__ == "__main__":
    main()
