"""Answering requests: computed by the venue, derived from the market, looked up, or refused."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from replayx.cassette.reader import CassetteReader
from replayx.clock import NS_PER_MS
from replayx.requests.encoding import accepts, header
from replayx.requests.explain import explain
from replayx.requests.matcher import Recording
from replayx.session.recorded_answers import Answer, RecordedAnswers
from replayx.timeline.places import Shift
from replayx.venues.venue import (
    HttpReply,
    HttpRequest,
    Refusal,
    RequestKey,
    Venue,
    WsApiRequest,
)

if TYPE_CHECKING:
    from replayx.market.history import MarketHistory
    from replayx.session.looped_market import LoopedHistory
    from replayx.timeline.loop import Loop

_REFUSED_MIN = 400  # RFC 9110 section 15.5


class Answers:
    """The answers of one market in one run. `unmatched` is how many requests had none.

    `history` is the market behind the tape; without one, only what was recorded is answered.
    `loop` is how the tape goes on, if it does.
    """

    def __init__(self, market: str, venue: Venue, readers: Sequence[CassetteReader]) -> None:
        self._venue = venue
        self.recorded = RecordedAnswers(market, venue, readers)
        self.history: MarketHistory | LoopedHistory | None = None
        self.loop: Loop | None = None
        self._streamed: frozenset[str] | None = None  # the symbols that the tape has streams of
        self._played: Counter[RequestKey] = Counter()
        self._keyed: tuple[object, RequestKey] = (None, RequestKey("", "", ()))
        self.unmatched = 0
        self.on_unmatched: Callable[[str], None] = _ignore

    def afresh(self) -> Self:
        """Return the answers of another run of the same tape: nothing has been played in it."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._played = Counter()
        twin.unmatched = 0
        return twin

    def prepare(self) -> None:
        """Gather what was recorded, beside the event loop; else the first request waits for it.

        Raises CassetteError.
        """
        self.recorded.prepare()

    @property
    def lacks_history(self) -> bool:
        """Whether the market's history is yet to be built."""
        return self.history is not None and not self.history.is_built

    def needs_history(self, request: HttpRequest | WsApiRequest) -> bool:
        """Say whether the market's history has to be built before a request can be answered."""
        if not self.lacks_history:
            return False
        key = self._key(request)
        if not self._venue.derives(key):
            return False
        return not self._is_recorded_first(key) or not self.recorded.matcher.of(key)

    def reply(
        self,
        request: HttpRequest | WsApiRequest,
        position_ns: int,
        venue_ms: int,
        *,
        shift_ms: int = 0,
    ) -> HttpReply:
        """Answer a request at a position of the tape; one over the WebSocket API as its HTTP twin.

        `venue_ms` and all times in the answer are the client's: the tape's plus `shift_ms`.
        """
        answer = self._answer(self._key(request), position_ns, venue_ms, shift_ms)
        if isinstance(request, WsApiRequest):
            return answer.plain
        packed = answer.coding and accepts(request.headers, answer.coding)
        return dated(answer.packed if packed else answer.plain, venue_ms)

    def lacks(self, request: HttpRequest | WsApiRequest, position_ns: int) -> bool:
        """Say whether all there is to answer with is the market, and it was not known by then."""
        key = self._key(request)
        if self.history is None or not self._venue.derives(key) or self.recorded.matcher.of(key):
            return False
        reply = self._derived(key, position_ns, position_ns // NS_PER_MS, 0)
        return reply is None or reply.status >= _REFUSED_MIN

    def _key(self, request: HttpRequest | WsApiRequest) -> RequestKey:
        last, key = self._keyed  # whether it has to wait is asked first, and then the answer
        if last is not request:
            if isinstance(request, HttpRequest):
                key = self._venue.request_key(request)
            else:
                key = self._venue.wsapi_key(request)
            self._keyed = request, key
        return key

    def _answer(self, key: RequestKey, position_ns: int, venue_ms: int, shift_ms: int) -> Answer:
        reply = self._venue.computed(key, venue_ms)
        if reply is not None:
            return Answer(reply)
        recorded_first = self._is_recorded_first(key)
        if not recorded_first:
            reply = self._derived(key, position_ns, venue_ms, shift_ms)
        # What the venue itself said is better than a refusal in its name: a tape may hold answers
        # about symbols that it tells nothing else of.
        if reply is None or reply.status >= _REFUSED_MIN:
            found = self._recorded(key, position_ns, shift_ms)
            if found is not None:
                return found
        if reply is None and recorded_first:
            reply = self._derived(key, position_ns, venue_ms, shift_ms)
        if reply is None:
            reply = self._nothing(key)
        if reply is None:
            return Answer(self._unmatched(key))
        if reply.status >= _REFUSED_MIN:
            return Answer(self._refused(key, reply, position_ns))
        return Answer(reply)

    def _is_recorded_first(self, key: RequestKey) -> bool:
        """Say whether a recorded answer is better than a derived one: what seldom changes, and
        what is asked of symbols of which the tape has answers and no stream.
        """
        if self._venue.is_stateful(key) or self._venue.prefers_recording(key):
            return True
        if self._streamed is None and self.history is not None:
            self._streamed = frozenset(feed.symbol for feed in self.history.feeds())
        symbols = self._venue.symbols_of(key)
        return bool(symbols) and (self._streamed or frozenset()).isdisjoint(symbols)

    def _derived(
        self, key: RequestKey, position_ns: int, venue_ms: int, shift_ms: int
    ) -> HttpReply | None:
        if self.history is None or not self._venue.derives(key):
            return None
        market = self.history.at(position_ns, shift_ms=shift_ms, now_ms=venue_ms)
        return self._venue.derive(key, market)

    def _nothing(self, key: RequestKey) -> HttpReply | None:
        """Return the answer that there is nothing, if the tape's streams tell of such things."""
        if self.history is None or not self._venue.derives(key):
            return None
        return self._venue.nothing(key, self.history.feeds())

    def _recorded(self, key: RequestKey, position_ns: int, shift_ms: int) -> Answer | None:
        """Return what was recorded: looked up by the tape's times, told in the client's."""
        if self.loop is not None:
            lap, position_ns = self.loop.lap_of(position_ns)
            shift_ms += lap * self.loop.length_ms
        if not shift_ms:
            recording = self._find(key, position_ns)
            return None if recording is None else self.recorded.load(recording)
        # Monthly candles move as the month of this moment does.
        shift = Shift(shift_ms, position_ns // NS_PER_MS)
        recording = self._find(self._venue.unshifted(key, shift), position_ns)
        if recording is None:
            return None
        return Answer(self._venue.shifted_answer(key, self.recorded.load(recording).plain, shift))

    def _find(self, key: RequestKey, position_ns: int) -> Recording | None:
        matcher = self.recorded.matcher
        if not self._venue.is_stateful(key):
            return matcher.by_time(key, position_ns)
        self._played[key] += 1
        return matcher.nth(key, self._played[key] - 1, repeat_last=key.method == "GET")

    def _refused(self, key: RequestKey, refusal: HttpReply, position_ns: int) -> HttpReply:
        """Return a derived refusal, unless it is the tape alone that does not know a symbol."""
        assert self.history is not None
        known = self.history.at(position_ns).symbols()
        unknown = [symbol for symbol in self._venue.symbols_of(key) if symbol not in known]
        if not unknown:
            return refusal
        told = self._unmatched(key)  # whoever recorded too little wants to know
        return told if any(map(self._is_listed, unknown)) else refusal

    def _is_listed(self, symbol: str) -> bool:
        listing = self._venue.listing
        recordings = [] if listing is None else self.recorded.matcher.of(listing)
        return bool(recordings) and self._venue.lists(
            self.recorded.load(recordings[0]).plain.body, symbol
        )

    def _unmatched(self, key: RequestKey) -> HttpReply:
        message = explain(key, self.recorded.matcher.keys())
        self.unmatched += 1
        self.on_unmatched(message)
        return self._venue.refuse(Refusal.NO_RECORDING, message)


def dated(reply: HttpReply, venue_ms: int) -> HttpReply:
    """Return a reply with the date of the venue's clock, unless it has one."""
    if header(reply.headers, "date"):
        return reply
    date = _http_date(venue_ms // 1000)
    return HttpReply(reply.status, reply.body, (*reply.headers, ("Date", date)))


@lru_cache(maxsize=16)
def _http_date(unix_s: int) -> str:
    return formatdate(unix_s, usegmt=True)


def unmatched_total(answers: Mapping[str, Answers]) -> int:
    """Return how many requests of all markets had no answer."""
    return sum(one.unmatched for one in answers.values())


def _ignore(message: str) -> None:
    """Take a message that nobody asked for."""
    del message
