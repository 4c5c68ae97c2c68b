"""The recorded answers of one market: found by request key, read from their chunks, kept ready."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Interaction
from replayx.limits import CHUNK_CACHE_COUNT, REPLY_CACHE_BYTES
from replayx.market.codec import Fact
from replayx.market.events import MarketEvent, MarketFeed
from replayx.requests.encoding import decoded, header, without_coding
from replayx.requests.matcher import Matcher, Recording
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey, Venue

# RFC 9110 section 7.6.1, and what the server says itself about the body it sends.
_NOT_REPLAYED = frozenset(
    (
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)


_OK = 200


class Answer:
    """An answer ready to send: plain, and in the content coding it was recorded in, if any."""

    __slots__ = ("coding", "packed", "plain")

    def __init__(self, plain: HttpReply, packed: HttpReply | None = None, coding: str = "") -> None:
        self.plain = plain
        self.packed = packed or plain
        self.coding = coding


class RecordedAnswers:
    """What the cassettes hold of one market's answers. Shared by every run of them."""

    def __init__(self, market: str, venue: Venue, readers: Sequence[CassetteReader]) -> None:
        self._market = market
        self._venue = venue
        self._readers = readers
        # What an answer that came at a time tells instead; set before the first is read.
        self.retell: Callable[[RequestKey, int, HttpReply], HttpReply] | None = None
        self._matcher: Matcher[RequestKey] | None = None
        self._ready: OrderedDict[Recording, Answer] = OrderedDict()
        self._ready_bytes = 0
        self._batches: OrderedDict[tuple[int, int], FrameBatch] = OrderedDict()

    def prepare(self) -> None:
        """Gather the keys of what was recorded: 10 us a request. Raises CassetteError."""
        if self._matcher is None:
            self._matcher = Matcher(self._recordings())

    @property
    def matcher(self) -> Matcher[RequestKey]:
        """The recordings by key. Raises CassetteError."""
        self.prepare()
        assert self._matcher is not None
        return self._matcher

    def load(self, recording: Recording) -> Answer:
        """Return a recorded answer. Raises CassetteError."""
        answer = self._ready.get(recording)
        if answer is None:
            return self._keep(recording, self._read(recording))
        self._ready.move_to_end(recording)
        return answer

    def facts(self) -> Iterator[Fact]:
        """Yield the answers that tell something of the market, each to be read when needed."""
        for key in self.matcher.keys():  # noqa: SIM118 # a list: no mapping
            feed = self._venue.answer_feed(key)
            if feed is not None:
                for recording in self.matcher.of(key):
                    read = partial(self._events, feed, recording)
                    yield Fact(recording.ref.at_ns, feed, read, key)

    def _events(self, feed: MarketFeed, recording: Recording) -> Sequence[MarketEvent]:
        reply = self._read(recording).plain
        return self._venue.decode_answer(feed, reply.body) if reply.status == _OK else ()

    # ---- the tape

    def _recordings(self) -> Iterable[tuple[RequestKey, Recording]]:
        for source, reader in enumerate(self._readers):
            for ref in reader.interactions():
                if ref.entry.market == self._market:
                    recording = Recording(source, ref)
                    key = self._key(recording)
                    if key is not None:
                        yield key, recording

    def _key(self, recording: Recording) -> RequestKey | None:
        entry = recording.ref.entry
        body = entry.request_body
        if body is None:
            body = self._interaction(recording).request_body
        if entry.kind == "rest":
            return self._venue.request_key(HttpRequest(entry.method, entry.target, (), body))
        request = self._venue.wsapi_request(body)
        return None if request is None else self._venue.wsapi_key(request)

    def _read(self, recording: Recording) -> Answer:
        interaction = self._interaction(recording)
        if interaction.kind == "rest":
            answer = _answer_of(interaction)
        else:
            answer = Answer(self._venue.wsapi_recorded(interaction.response_body))
        key = None if self.retell is None else self._key(recording)
        if self.retell is None or key is None:
            return answer
        told = self.retell(key, recording.ref.at_ns, answer.plain)
        return answer if told is answer.plain else Answer(told)

    def _keep(self, recording: Recording, answer: Answer) -> Answer:
        self._ready[recording] = answer
        self._ready_bytes += len(answer.plain.body)
        while self._ready_bytes > REPLY_CACHE_BYTES and len(self._ready) > 1:
            self._ready_bytes -= len(self._ready.popitem(last=False)[1].plain.body)
        return answer

    def _interaction(self, recording: Recording) -> Interaction:
        place = (recording.source, recording.ref.chunk)
        reader = self._readers[recording.source]
        batch = self._batches.get(place)
        if batch is None:
            batch = self._batches[place] = reader.batch(recording.ref.chunk)
            if len(self._batches) > CHUNK_CACHE_COUNT:
                self._batches.popitem(last=False)
        return reader.interaction(recording.ref, batch)


def _answer_of(interaction: Interaction) -> Answer:
    headers = tuple(
        (name, value)
        for name, value in interaction.response_headers
        if name.lower() not in _NOT_REPLAYED
    )
    reply = HttpReply(interaction.status or 200, interaction.response_body, headers)
    if not interaction.response_headers:
        # Captures often leave them all out; no client takes an answer without a content type.
        reply = HttpReply(reply.status, reply.body)
    coding = header(headers, "content-encoding").strip().lower()
    if coding in ("", "identity") or not reply.body:
        return Answer(reply)
    plain = HttpReply(reply.status, decoded(reply.body, coding), without_coding(headers))
    return Answer(plain, reply, coding)
