"""Local books by the published algorithm, following until a line comes in on stdin.

Argument: {"market": {"rest": …, "ws": …}, …}. The last line on stdout tells every book.
"""

import asyncio
import json
import sys

from followed_book import FollowedBook

CHANNELS = {
    "binance-spot": ("btcusdt@depth@100ms", "ethusdt@depth@100ms", "btcusdt@depth"),
    "binance-usdm": ("btcusdt@depth@0ms", "ethusdt@depth@0ms", "btcusdt@depth@100ms"),
}


async def main() -> None:
    """Follow, and tell."""
    urls = json.loads(sys.argv[1])
    books = {
        (market, channel): FollowedBook(urls[market], channel, is_futures=market == "binance-usdm")
        for market, channels in CHANNELS.items()
        for channel in channels
        if market in urls
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
