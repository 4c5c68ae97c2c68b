"""Local books by the published algorithm, following until a line comes in on stdin.

Arguments: {"market": {"rest": …, "ws": …}, …}, and `recorded` to follow only the streams that the
captures hold. The last line on stdout tells every book.
"""

import asyncio
import json
import sys

from followed_book import FollowedBook

CHANNELS = {
    "binance-spot": ("btcusdt@depth@100ms", "ethusdt@depth@100ms", "btcusdt@depth"),
    "binance-usdm": ("btcusdt@depth@0ms", "ethusdt@depth@0ms", "btcusdt@depth@100ms"),
}
RECORDED = ("@depth@100ms", "@depth@0ms")


def is_recorded(market: str, channel: str) -> bool:
    """Say whether the captures hold a channel."""
    return channel.endswith(RECORDED[market == "binance-usdm"])


async def main() -> None:
    """Follow, and tell."""
    urls = json.loads(sys.argv[1])
    books = {
        (market, channel): FollowedBook(urls[market], channel, is_futures=market == "binance-usdm")
        for market, channels in CHANNELS.items()
        for channel in channels
        if market in urls and (sys.argv[2:] == [] or is_recorded(market, channel))
    }
    tasks = [asyncio.create_task(book.follow()) for book in books.values()]
    await asyncio.to_thread(sys.stdin.readline)
    told = [
        {
            "market": market,
            "channel": channel,
            "symbol": channel.partition("@")[0].upper(),
            "resyncs": book.resyncs,
            "connects": book.connects,
            "applied": book.applied,
            "last": book.last,
            "complaints": book.complaints[:5],
            **book.best(1000),
        }
        for (market, channel), book in books.items()
    ]
    failed = [repr(task.exception()) for task in tasks if task.done()]
    print(json.dumps({"books": told, "failed": failed}), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
