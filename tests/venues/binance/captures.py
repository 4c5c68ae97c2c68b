"""Lines of the real captures that lie beside the repository, if they do."""

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zstandard

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "data" / "ws"

capture = [
    pytest.mark.capture,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captures in {CAPTURES}"),
]

SPOT = (
    "binance_spot_20240723_nexousdt",
    "binance_spot_20240724_nexousdt",
    "binance_spot_20240808_btcusdt_ethusdt",
    "binance_spot_20240809_btcusdt_ethusdt",
    "cryptofeed_binance",
    "cryptofeed_binance_us",
)
USDM = ("binance_usdm_20240808_btcusdt_ethusdt", "cryptofeed_binance_futures")


class Line(msgspec.Struct):
    """What these tests read of a capture's line."""

    src: str
    raw: str | None = None
    ev: str = ""
    url: str = ""
    stream: str = ""


def lines(name: str) -> Iterator[Line]:
    """Yield the lines of a capture."""
    decode = msgspec.json.Decoder(Line).decode
    with (CAPTURES / f"{name}.ndjson.zst").open("rb") as file:
        for line in io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file)):
            yield decode(line)


def messages(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield (stream, message) of every message of a capture."""
    for line in lines(name):
        if line.ev == "msg" and line.raw is not None:
            yield line.stream, line.raw.encode()
