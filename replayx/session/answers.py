"""Answering requests: computed by the venue, or looked up on the tape, or refused in words."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Interaction
from replayx.limits import CHUNK_CACHE_COUNT, REPLY_CACHE_BYTES
from replayx.requests.encoding import accepts, decoded, header, without_coding
from replayx.requests.explain import explain
from replayx.requests.matcher import Matcher, Recording
from replayx.venues.venue import (
    HttpReply,
    HttpRequest,
    Refusal,
    RequestKey,
    Venue,
    WsApiRequest,
)

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


class Answer:
    """An answer ready to send: plain, and in the content coding it was recorded in, if any."""

    __slots__ = ("coding", "packed", "plain")

    def __init__(self, plain: HttpReply, packed: HttpReply | None = None, coding: str = "") -> None:
        self.plain = plain
        self.packed = packed or plain
        self.coding = coding


class Answers:
    """The answers of one market. `unmatched` is how many requests the tape could not answer."""

    def __init__(self, market: str, venue: Venue, readers: Sequence[CassetteReader]) -> None:
        self._market = market
        self._venue = venue
        self._readers = readers
        self._matcher: Matcher[RequestKey] | None = None
        self._ready: OrderedDict[Recording, Answer] = OrderedDict()
        self._ready_bytes = 0
        self._batches: OrderedDict[tuple[int, int], FrameBatch] = OrderedDict()
        self.unmatched = 0
        self.on_unmatched: Callable[[str], None] = _ignore

    def prepare(self) -> None:
        """Gather the keys of what was recorded. Takes 10 us a request; else the first one waits.

        Raises CassetteError.
        """
        if self._matcher is None:
            self._matcher = Matcher(self._recordings())

    def http(self, request: HttpRequest, position_ns: int, venue_ms: int) -> HttpReply:
        """Answer an HTTP request at a position of the tape."""
        answer = self._answer(self._venue.request_key(request), position_ns, venue_ms)
        if answer.coding and accepts(request.headers, answer.coding):
            return answer.packed
        return answer.plain

    def wsapi(self, request: WsApiRequest, position_ns: int, venue_ms: int) -> bytes:
        """Answer a WS-API request with the message to send."""
        answer = self._answer(self._venue.wsapi_key(request), position_ns, venue_ms)
        return self._venue.wsapi_reply(request, answer.plain)

    def _answer(self, key: RequestKey, position_ns: int, venue_ms: int) -> Answer:
        computed = self._venue.computed(key, venue_ms)
        if computed is not None:
            return Answer(computed)
        recording = self._find(key, position_ns)
        if recording is None:
            return Answer(self._unmatched(key))
        answer = self._ready.get(recording)
        if answer is None:
            answer = self._load(recording)
        else:
            self._ready.move_to_end(recording)
        return answer

    def _find(self, key: RequestKey, position_ns: int) -> Recording | None:
        self.prepare()
        assert self._matcher is not None
        if self._venue.is_stateful(key):
            return self._matcher.in_order(key, repeat_last=key.method == "GET")
        return self._matcher.by_time(key, position_ns)

    def _unmatched(self, key: RequestKey) -> HttpReply:
        assert self._matcher is not None
        message = explain(key, self._matcher.keys())
        self.unmatched += 1
        self.on_unmatched(message)
        return self._venue.refuse(Refusal.NO_RECORDING, message)

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

    def _load(self, recording: Recording) -> Answer:
        interaction = self._interaction(recording)
        if interaction.kind == "rest":
            answer = _answer_of(interaction)
        else:
            answer = Answer(self._venue.wsapi_recorded(interaction.response_body))
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
    coding = header(headers, "content-encoding").strip().lower()
    if coding in ("", "identity") or not reply.body:
        return Answer(reply)
    plain = HttpReply(reply.status, decoded(reply.body, coding), without_coding(headers))
    return Answer(plain, reply, coding)


def unmatched_total(answers: Mapping[str, Answers]) -> int:
    """Return how many requests of all markets had no answer."""
    return sum(one.unmatched for one in answers.values())


def _ignore(message: str) -> None:
    """Take a message that nobody asked for."""
    del message
