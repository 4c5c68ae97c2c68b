"""Packing beside reading: threads compress while the next lines are decoded."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from replayx.cassette.open_chunk import SealedChunk
from replayx.cassette.records import Channel
from replayx.cassette.writer import CassetteWriter

# Two threads: one core that reads and packs, one that packs.
_THREADS = 2
# Chunks of about 1 MiB that may wait: enough to keep the threads busy, and no more memory.
_WAITING_MAX = 4


class PackAhead:
    """Packs chunks in threads and writes them in the order in which they are handed over.

    The caller calls `flush` before it touches the writer, and leaves the `with` block before it
    closes it.
    """

    def __init__(self, writer: CassetteWriter) -> None:
        self._writer = writer
        # zstd releases the GIL while it compresses.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="replayx-pack")
        self._waiting: deque[tuple[SealedChunk, Future[bytes]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def declare(self, channel: Channel) -> None:
        """Declare a channel, before the chunks that use it. Raises what `write` raises."""
        self.flush()
        self._writer.declare(channel)

    def write(self, chunk: SealedChunk) -> None:
        """Write a chunk, soon. Raises LimitExceeded, StorageFailure, perhaps of an earlier one."""
        self._waiting.append((chunk, self._threads.submit(self._writer.pack, chunk)))
        self._write(_WAITING_MAX)

    def flush(self) -> None:
        """Write everything. Raises LimitExceeded, StorageFailure."""
        self._write(0)

    def _write(self, most: int) -> None:
        while len(self._waiting) > most:
            chunk, record = self._waiting.popleft()
            self._writer.write_packed(chunk, record.result())
