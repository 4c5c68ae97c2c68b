"""What the bundled cassette holds, as a venue's tests want it."""

from collections.abc import Iterator
from pathlib import Path

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Interaction

CASSETTE = Path(__file__).resolve().parents[3] / "cassettes" / "binance-demo.rpx"


def messages(market: str) -> Iterator[tuple[str, bytes]]:
    """Yield (stream, payload without envelope) of every message."""
    for _, name, payload in timed_messages(market):
        yield name, payload


def timed_messages(market: str) -> Iterator[tuple[int, str, bytes]]:
    """Yield (time, stream, payload without envelope) of every message."""
    with CassetteReader(CASSETTE) as reader:
        channels = {number: one for number, one in reader.channels.items() if one.market == market}
        for batch in reader.batches():
            for k, number in enumerate(batch.channel):
                if number in channels:
                    one = channels[number]
                    payload = bytes(batch.payload(k))
                    end = len(payload) - len(one.suffix)
                    yield batch.at[k], one.name, payload[len(one.prefix) : end]


def interactions(market: str) -> Iterator[Interaction]:
    """Yield the requests with their answers, in order."""
    with CassetteReader(CASSETTE) as reader:
        for batch in reader.batches():
            for event in batch.events:
                if isinstance(event, Interaction) and event.market == market:
                    yield event
