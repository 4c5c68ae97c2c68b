"""The thread that writes: redacts, packs and syncs what the event loop has sealed.

The loop never waits for the disk. Sealed chunks queue up to a bound; beyond it `is_full` tells the
loop to stop reading from the venue, so that nothing is lost and nothing grows.

A sync can take seconds on a busy disk. What is written survives a kill of the process without one,
so syncs run beside the writing, one at a time, and never hold it up.
"""

import threading
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from concurrent.futures import Future as Pending
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from replayx.cassette.open_chunk import SealedChunk
from replayx.cassette.records import Channel, Header
from replayx.cassette.redact import Redactor
from replayx.cassette.redact_chunk import is_private, redact_channel, redact_chunk
from replayx.cassette.writer import LEVEL, CassetteWriter
from replayx.errors import ReplayxError
from replayx.limits import SEALED_BYTES_MAX, SEALED_CHUNKS_MAX


class Sealed(NamedTuple):
    """What the loop hands over: a chunk, and the channels that it is the first to use.

    `part` is the header of the next file where this chunk begins one.
    """

    chunk: SealedChunk
    channels: tuple[Channel, ...]
    size: int
    part: Header | None = None


class ChunkThread:
    """Owns the cassette's writer. Made and used on the event loop; `finish` ends it."""

    def __init__(
        self,
        path: Path,
        header: Header,
        redactor: Redactor,
        loop: AbstractEventLoop,
        *,
        level: int = LEVEL,
    ) -> None:
        """Create the file and start. Raises WouldOverwrite, StorageFailure."""
        self.path = path
        self.parts = [path]
        self.part_bytes = 0  # written to the current file, as far as the loop has been told
        self.bytes_before = 0  # written to the files before it
        self.failed: Future[None] = loop.create_future()
        self._redactor = redactor
        self._loop = loop
        self._level = level
        # Called on the loop when `is_full` is over.
        self.on_room: Callable[[], None] = lambda: None
        self._private: set[int] = set()
        self._syncer = ThreadPoolExecutor(1, thread_name_prefix="replayx-sync")
        self._sync: Pending[None] | None = None
        self._writer = CassetteWriter(path, header, level=level)
        self._queue: SimpleQueue[Sealed | None] = SimpleQueue()
        self._queued_count = self._queued_bytes = 0
        self._ended = loop.create_future()
        self._thread = threading.Thread(target=self._run, name="replayx-chunks", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        """Whether the loop has to stop reading."""
        return self._queued_count >= SEALED_CHUNKS_MAX or self._queued_bytes >= SEALED_BYTES_MAX

    def put(self, sealed: Sealed) -> None:
        """Hand over a sealed chunk."""
        if sealed.part is not None:
            self.parts.append(part_path(self.path, sealed.part.part))
            self.bytes_before += self.part_bytes
            self.part_bytes = 0
        self._queued_count += 1
        self._queued_bytes += sealed.size
        self._queue.put(sealed)

    async def finish(self) -> None:
        """Write all that was handed over, close the file, end the thread.

        Raises StorageFailure, LimitExceeded: what made the thread stop, if anything did.
        """
        self._queue.put(None)
        await self._ended
        self._thread.join()
        if self.failed.done():
            self.failed.result()

    # ---- in the thread

    def _run(self) -> None:
        failure: Exception | None = None
        try:
            self._write_all()
            self._finish_part()
        except Exception as error:
            failure = error  # carried to the loop, which raises it
            self._save()
        self._syncer.shutdown()
        if failure is not None:
            self._loop.call_soon_threadsafe(self._fail, failure)
            while self._queue.get() is not None:
                pass  # what comes after a failure is lost, and `failed` has said so
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _write_all(self) -> None:
        while (sealed := self._queue.get()) is not None:
            self._write(sealed)
            self._begin_sync()
            self._loop.call_soon_threadsafe(self._written, sealed.size, self._writer.position)

    def _write(self, sealed: Sealed) -> None:
        if sealed.part is not None:
            self._finish_part()
            path = part_path(self.path, sealed.part.part)
            self._writer = CassetteWriter(path, sealed.part, level=self._level)
            self._private.clear()
        self._private.update(channel.number for channel in sealed.channels if is_private(channel))
        chunk = redact_chunk(sealed.chunk, self._private, self._redactor)
        for channel in sealed.channels:
            self._writer.declare(redact_channel(channel, self._redactor))
        self._writer.write(chunk)

    def _begin_sync(self) -> None:
        """Have what is written synced, unless a sync is still running. Raises StorageFailure."""
        if self._sync is not None and not self._sync.done():
            return
        self._end_sync()
        self._sync = self._syncer.submit(self._writer.sync)

    def _end_sync(self) -> None:
        """Wait for the sync that is running. Raises StorageFailure, once."""
        pending, self._sync = self._sync, None
        if pending is not None:
            pending.result()

    def _finish_part(self) -> None:
        """Complete the current file. Raises StorageFailure."""
        self._end_sync()
        self._writer.finish()

    def _save(self) -> None:
        """Make what is written a whole file, if the disk lets us; it is readable either way."""
        with suppress(ReplayxError):
            self._end_sync()
        try:
            self._writer.finish()
        except ReplayxError:
            self._writer.abandon()

    # ---- on the loop

    def _written(self, size: int, position: int) -> None:
        was_full = self.is_full
        self._queued_count -= 1
        self._queued_bytes -= size
        self.part_bytes = position
        if was_full and not self.is_full:
            self.on_room()

    def _fail(self, failure: Exception) -> None:
        self.failed.set_exception(failure)


def part_path(path: Path, part: int) -> Path:
    """Return the file of a part: `btc.rpx`, `btc.2.rpx`, `btc.3.rpx` ..."""
    return path if part == 1 else path.with_name(f"{path.stem}.{part}{path.suffix}")
