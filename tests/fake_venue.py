"""A venue as small as one can be, to test the layers that only know the protocol.

Streams: `/s/a/b` subscribes to a and b raw; `/c/a/b` in the envelope `<name|payload>`. Commands:
`+name`, `-name` (answered `ok`), `bye` closes, `?path` is a request over the socket.
"""

from collections.abc import Mapping

from replayx.cassette.redact import SecretRules
from replayx.venues.fault_side import Failure, FailureContext
from replayx.venues.venue import (
    NO_ENVELOPE,
    Carried,
    Close,
    CommandOutcome,
    Envelope,
    Feed,
    HttpReply,
    HttpRequest,
    Liveness,
    Refusal,
    RequestKey,
    Role,
    Subscription,
    Upstream,
    Venue,
    WsApiRequest,
)

S = 1_000_000_000
BUSY = Failure("busy", "too much to do", "nowhere", 503, -1)
STALE = Failure("stale", "of another time", "nowhere", 400, -2)
CLOSED = Failure("closed", "nothing is sold", "nowhere", 400, -3)


class FakeVenue(Venue):
    """The fake venue."""

    name = "fake"
    api_date = "2026-01"
    upstreams: Mapping[str, Upstream] = {}
    liveness = Liveness(20 * S, 60 * S, 86_400 * S)
    secrets = SecretRules()
    wsapi_path = "/api"

    def open(self, target: str) -> Subscription | HttpReply:
        kind, *names = target.strip("/").split("/")
        if kind not in ("s", "c", "api"):
            return HttpReply(404, b"no such path")
        role = Role.WS_API if kind == "api" else Role.STREAM
        return Subscription(role, target, dict.fromkeys(names), combined=kind == "c")

    def command(self, subscription: Subscription, message: bytes) -> CommandOutcome:
        text = message.decode()
        if text.startswith("+"):
            subscription.channels[text[1:]] = None
            return CommandOutcome(b"ok", changed=True)
        if text.startswith("-"):
            subscription.channels.pop(text[1:], None)
            return CommandOutcome(b"ok", changed=True)
        if text.startswith("?"):
            return CommandOutcome(request=WsApiRequest(b"1", text[1:], {}, message))
        if text == "bye":
            return CommandOutcome(b"so long", Close(1008, "you asked"))
        return CommandOutcome(b"what?")

    def carried(self, subscription: Subscription, payload: bytes) -> Carried:
        return Carried("", "opaque", NO_ENVELOPE)

    def envelope(self, subscription: Subscription, channel: str) -> Envelope | None:
        if channel == "silent":
            return None
        if subscription.combined:
            return Envelope(b"<" + channel.encode() + b"|", b">")
        return NO_ENVELOPE

    def ping_payload(self, now_ms: int) -> bytes:
        return b"%d" % now_ms

    def request_key(self, request: HttpRequest) -> RequestKey:
        path, _, query = request.target.partition("?")
        pairs = (item.partition("=") for item in query.split("&") if item)
        params = sorted((name, value) for name, _, value in pairs if name != "timestamp")
        return RequestKey(request.method, path, tuple(params))

    def wsapi_key(self, request: WsApiRequest) -> RequestKey:
        return self.request_key(HttpRequest("GET", request.method))

    def wsapi_request(self, message: bytes) -> WsApiRequest | None:
        return WsApiRequest(b"1", message.decode()[1:], {}, message)

    def is_stateful(self, key: RequestKey) -> bool:
        return key.method != "GET" or key.path == "/account"

    def is_trading(self, request: HttpRequest) -> bool:
        return request.method == "POST"

    def is_trading_message(self, message: bytes) -> bool:
        return False

    def computed(self, key: RequestKey, now_ms: int) -> HttpReply | None:
        return HttpReply(200, b"%d" % now_ms) if key.path == "/time" else None

    def refuse(self, refusal: Refusal, detail: str) -> HttpReply:
        return HttpReply(404, f"{refusal.value}: {detail}".encode())

    def wsapi_reply(self, request: WsApiRequest, reply: HttpReply) -> bytes:
        return request.id + b":" + reply.body

    def wsapi_reply_id(self, message: bytes) -> bytes | None:
        return message.partition(b":")[0]

    def wsapi_recorded(self, message: bytes) -> HttpReply:
        return HttpReply(200, message.partition(b":")[2])

    def feeds(self, symbols: tuple[str, ...], streams: tuple[str, ...]) -> tuple[Feed, ...]:
        return ()

    def snapshots(self, symbols: tuple[str, ...], streams: tuple[str, ...]) -> tuple[str, ...]:
        return ()

    def depth_target(self, symbol: str) -> str:
        return f"/depth?symbol={symbol}"

    def bridges(self, snapshot: bytes, diffs: list[bytes]) -> bool | None:
        return True

    def event_time_ms(self, payload: bytes) -> int | None:
        return None

    def sequence_gap(self, previous: bytes, payload: bytes) -> bool:
        return False

    failures: Mapping[str, Failure] = {one.word: one for one in (BUSY, STALE, CLOSED)}

    def fail(self, word: str, context: FailureContext) -> HttpReply:
        told = f"{word} at {context.venue_ms}, {context.retry_after_ms} {context.path}"
        return HttpReply(self.failures[word].status, told.encode(), ())

    def wsapi_failure(self, word: str, context: FailureContext, request: WsApiRequest) -> bytes:
        return request.id + b"!" + self.fail(word, context).body

    def shutdown_notice(self, subscription: Subscription, venue_ms: int) -> bytes | None:
        return None if subscription.route == "quiet" else b"going at %d" % venue_ms

    def halted(
        self, key: RequestKey, reply: HttpReply, status: str, symbols: tuple[str, ...]
    ) -> HttpReply:
        told = f" {status} {','.join(symbols) or 'all'}".encode()
        return HttpReply(reply.status, reply.body + told, reply.headers)

    def halt_refusal(self, key: RequestKey, *, is_whole: bool) -> str | None:
        return None if key.method == "GET" else "closed"

    def skewed(self, reply: HttpReply, skew_ms: int) -> HttpReply:
        return HttpReply(reply.status, reply.body + b" %+d" % skew_ms, reply.headers)

    def clock_refusal(self, request: HttpRequest | WsApiRequest, now_ms: int) -> str | None:
        text = request.target if isinstance(request, HttpRequest) else request.method
        sent = text.partition("timestamp=")[2]
        return "stale" if sent and abs(int(sent) - now_ms) > 1000 else None
