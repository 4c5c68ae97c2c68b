"""The run recorder: writes the moments of a session into a run file, beside the event loop.

    session ──> note ──> batch ──> a queue ──> thread: digests, entries, secrets, zstd, disk

The loop only gathers; what a thread does with a batch mostly needs no interpreter lock. A disk that
can't follow makes the run wait: a run file that leaves something out repeats nothing.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable
from functools import partial
from queue import Queue

from replayx.limits import MIB, RUN_BATCHES_MAX
from replayx.server.deck import Deck
from replayx.server.replay_options import ReplayOptions
from replayx.server.run_file import RunFileWriter, run_path
from replayx.server.run_options import run_header
from replayx.session.effects import SendFrames
from replayx.session.entry_redactor import EntryRedactor
from replayx.session.moment import Moment
from replayx.session.run_log import RunLog
from replayx.session.transcribed_session import TranscribedSession

# A batch is handed over when it holds so much, or is so old: what a killed process loses, beside
# what the log had not settled.
_BATCH_BYTES = 1 * MIB
_BATCH_MOMENTS = 512
_BATCH_AGE_S = 0.25


class RunRecordings:
    """The run files of a server's timelines."""

    def __init__(self, deck: Deck, options: ReplayOptions) -> None:
        self._deck = deck
        self._options = options
        self._made: list[tuple[TranscribedSession, RunRecorder]] = []

    def begin(self, session: TranscribedSession, timeline: str) -> None:
        """Record a session that the deck just made. Raises WouldOverwrite, StorageFailure."""
        path = self._options.transcript
        assert path is not None, "somebody asked for it"
        header = run_header(self._deck, self._options, timeline=timeline)
        writer = RunFileWriter(run_path(path, timeline), header)
        known = (one.name for channels in session.channels for one in channels.values())
        rules = (venue.secrets for venue in self._deck.venues.values())
        recorder = RunRecorder(
            writer, EntryRedactor(rules, secrets.token_bytes(32), known=dict.fromkeys(known))
        )
        session.tell_moments(recorder.note)
        self._made.append((session, recorder))

    async def close(self) -> None:
        """End all of them. Raises StorageFailure."""
        made, self._made = self._made, []
        for session, recorder in made:
            await recorder.close(session.fault_digest())


class RunRecorder:
    """Records one session. Everything but the thread's part happens on the event loop."""

    def __init__(self, writer: RunFileWriter, redactor: EntryRedactor) -> None:
        self._writer = writer
        self._redactor = redactor
        self._log = RunLog()
        self._batch: list[Moment] = []
        self._batch_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._queue: Queue[list[Moment] | None] = Queue(RUN_BATCHES_MAX)
        self._failure: Exception | None = None
        self._fault_digest: str | None = None
        self._thread = threading.Thread(target=self._write, name="run-recorder", daemon=True)
        self._thread.start()

    def note(self, moment: Moment) -> None:
        """Take a moment. Raises StorageFailure once what came before could not be written."""
        if self._failure is not None:
            raise self._failure
        self._batch.append(moment)
        for effect in moment.effects:
            if isinstance(effect, SendFrames):
                self._batch_bytes += len(effect.frames)
        if self._batch_bytes >= _BATCH_BYTES or len(self._batch) >= _BATCH_MOMENTS:
            self._hand_over()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_BATCH_AGE_S, self._hand_over)

    async def close(self, fault_digest: str) -> None:
        """Write what is left and the end of the run. Raises StorageFailure."""
        self._hand_over()
        self._fault_digest = fault_digest
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._writer.close()
        if self._failure is not None:
            raise self._failure

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._batch:
            self._queue.put(self._batch)
            self._batch, self._batch_bytes = [], 0

    # ---- in the thread

    def _write(self) -> None:
        while (batch := self._queue.get()) is not None:
            self._attempt(partial(self._take, batch))
        self._attempt(self._end)

    def _take(self, batch: list[Moment]) -> None:
        for moment in batch:
            self._log.note(moment)
        self._flush()

    def _end(self) -> None:
        assert self._fault_digest is not None, "closing says it"
        self._log.end(self._fault_digest)
        self._flush()

    def _flush(self) -> None:
        self._writer.write(self._redactor.clean(self._log.take()))

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do it unless something failed before: then batches are taken, and nothing is written."""
        if self._failure is None:
            try:
                act()
            except Exception as error:  # raised on the event loop, by whatever comes next
                self._failure = error
