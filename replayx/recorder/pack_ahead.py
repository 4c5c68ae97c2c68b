"""Packing beside reading: a thread compresses and writes while the next lines are decoded."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from replayx.cassette.open_chunk import SealedChunk
from replayx.cassette.records import Channel
from replayx.cassette.writer import CassetteWriter

# Chunks of about 1 MiB that may wait: enough to keep the thread busy, and no more memory.
_WAITING_MAX = 4


class PackAhead:
    """Owns a writer from a thread of its own; what is handed over is written in order.

    The caller calls `flush` before it touches the writer, and leaves the `with` block before it
    closes it. An error of the thread is raised by a later call.
    """

    def __init__(self, writer: CassetteWriter) -> None:
        self._writer = writer
        # zstd releases the GIL while it compresses.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="replayx-pack")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def declare(self, channel: Channel) -> None:
        """Declare a channel, before the chunks that use it."""
        self._waiting.append(self._thread.submit(self._writer.declare, channel))
        self._wait(_WAITING_MAX)

    def write(self, chunk: SealedChunk) -> None:
        """Write a chunk. Raises what the writing of an earlier one raised."""
        self._waiting.append(self._thread.submit(self._writer.write, chunk))
        self._wait(_WAITING_MAX)

    def flush(self) -> None:
        """Wait until everything is written. Raises LimitExceeded, StorageFailure."""
        self._wait(0)

    def _wait(self, most: int) -> None:
        while len(self._waiting) > most:
            self._waiting.popleft().result()
