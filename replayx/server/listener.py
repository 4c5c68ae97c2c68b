"""One port that looks like the exchange: HTTP and WebSocket in, session inputs out.

The market is named by the listener; by the Host header, if it is one of the exchange's own; or by
the original host as the first segment of the path (`/fstream.example.com/ws/...`), so that one
port can carry every market. In front of that, the path may name a timeline (`/@name/...`) and the
client (`/~name/...`).
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple

from aiohttp import HttpVersion11, WSMsgType, web

from replayx.errors import InvalidOption, LimitExceeded, StorageFailure, WouldOverwrite
from replayx.faults.round_trip import Delivery, Manner
from replayx.limits import (
    CLOSE_ANSWER_S,
    CONNECTIONS_MAX,
    MESSAGE_BYTES_MAX,
    REQUEST_BODY_BYTES_MAX,
    UNANSWERED_S,
)
from replayx.server.clients import HEADER as CLIENT_HEADER
from replayx.server.clients import client_of, split_client
from replayx.server.door import Door
from replayx.server.http_port import HttpPort, client_left, note_upgrade
from replayx.server.numbering import Numbering
from replayx.server.odd_answers import OddAnswers, reset
from replayx.server.pump import Pump, Verdict
from replayx.server.timelines import HEADER, SHARED, Timelines, split_timeline
from replayx.session.effects import AbortConnection, Reach, Refuse
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
    RequestRefused,
)
from replayx.venues.venue import HttpReply, HttpRequest, Refusal

MarketOfHost = Callable[[str], str | None]


# For whoever is cut off: nothing of it is written.
_NO_ANSWER = HttpReply(503, b"")


class _Addressed(NamedTuple):
    """Who a request is for and from, and what is left of its target."""

    pump: Pump
    market: str
    target: str
    client: str


class Listener:
    """Serves one market on one timeline, and any other that a request names."""

    def __init__(
        self,
        market: str,
        timelines: Timelines,
        numbering: Numbering,
        market_of_host: MarketOfHost,
        *,
        timeline: str = SHARED,
    ) -> None:
        self.market = market
        self.timeline = timeline
        self._timelines = timelines
        self._numbering = numbering
        self._market_of_host = market_of_host
        self._odd_answers = OddAnswers()
        self._port = HttpPort(self._handle)
        self._runner = web.ServerRunner(self._port, shutdown_timeout=1.0)
        self._door = Door(self._port)

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen and return the port. Raises OSError."""
        await self._runner.setup()
        return await self._door.open(host, port, tls)

    async def stop(self) -> None:
        """Listen no more."""
        await self._door.close()
        await self._runner.cleanup()

    def set_reach(self, reach: Reach) -> None:
        """Let its market be reached otherwise: what is open is reset, unless it can be reached."""
        if reach is not Reach.OPEN:
            for transport in self._port.transports():
                reset(transport)
        if reach is Reach.REFUSED:
            self._door.shut()
        elif not self._door.is_open:
            self._door.reopen()

    # ---- requests

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            addressed = self._addressed(request)
        except InvalidOption as error:
            return web.Response(status=400, text=str(error))
        except (LimitExceeded, StorageFailure, WouldOverwrite) as error:
            return web.Response(status=503, text=str(error))
        pump, market, target, client = addressed
        if pump.reach and pump.reach.get(market, Reach.OPEN) is not Reach.OPEN:
            return await self._unreached(request, pump.reach[market])
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, addressed)
        number = self._numbering.next()
        try:
            body = await _body(request)
        except web.HTTPRequestEntityTooLarge:
            detail = f"replayx takes at most {REQUEST_BODY_BYTES_MAX} bytes"
            pump.feed(RequestRefused(number, market, Refusal.BODY_TOO_LARGE, detail))
        except web.RequestPayloadError as error:
            return web.Response(status=400, text=str(error))
        else:
            await pump.ready()
            asked = HttpRequest(request.method, target, tuple(request.headers.items()), body)
            pump.feed(RequestReceived(number, market, asked, client))
        answer = await pump.answer(number)
        return await self._odd_answers.deliver(request, answer.reply, answer.manner)

    def _addressed(self, request: web.BaseRequest) -> _Addressed:
        """Return whom a request is for, and its target without their names.

        Raises InvalidOption or LimitExceeded for a timeline or client that there can't be,
        WouldOverwrite or StorageFailure for a timeline whose run can't be written.
        """
        host, target = request.headers.get("Host", ""), request.raw_path
        if "://" in target and not target.startswith("/"):
            # RFC 9112 section 3.2.2: the absolute form, whose host counts.
            host, target = _split_host(target.partition("://")[2])
        own, target = split_client(target)
        name, target = split_timeline(target)
        if not own:
            own, target = split_client(target)
        client = client_of(own or request.headers.get(CLIENT_HEADER, ""), request.remote)
        pump = self._timelines.get(name or request.headers.get(HEADER, "") or self.timeline)
        if "." in target.partition("?")[0]:  # hardly ever, and each request comes by here
            first, rest = _split_host(target[1:])
            if (named := self._market_of_host(first)) is not None:
                return _Addressed(pump, named, rest, client)
        return _Addressed(pump, self._market_of_host(host) or self.market, target, client)

    async def _unreached(self, request: web.BaseRequest, reach: Reach) -> web.StreamResponse:
        """Answer for a market that is not to be reached, though another listener can be."""
        delivery = Delivery.RESET if reach is Reach.REFUSED else Delivery.NEVER
        return await self._odd_answers.deliver(request, _NO_ANSWER, Manner(delivery=delivery))

    # ---- sockets

    async def _socket(self, request: web.BaseRequest, asked: _Addressed) -> web.StreamResponse:
        number = self._numbering.next()
        if self._numbering.open_count >= CONNECTIONS_MAX:
            return web.Response(status=503)
        self._numbering.open_count += 1
        try:
            return await self._connected(request, asked, number)
        finally:
            self._numbering.open_count -= 1

    async def _connected(
        self, request: web.BaseRequest, asked: _Addressed, number: int
    ) -> web.StreamResponse:
        pump = asked.pump
        pump.feed(ConnectionAsked(number, asked.market, asked.target, asked.client))
        match await _verdict(pump, number, request):
            case Refuse(reply=reply, manner=manner):
                return await self._odd_answers.deliver(request, reply, manner)
            case AbortConnection(is_reset=is_reset):
                delivery = Delivery.RESET if is_reset else Delivery.EMPTY
                manner = Manner(delivery=delivery)
                return await self._odd_answers.deliver(request, _NO_ANSWER, manner)
        socket = web.WebSocketResponse(
            autoping=False,
            compress=False,
            max_msg_size=MESSAGE_BYTES_MAX,
            autoclose=False,
            timeout=CLOSE_ANSWER_S,
            decode_text=False,
        )
        try:
            await socket.prepare(request)
            note_upgrade(request)
            pump.sink.add(number, request)
            pump.feed(ConnectionOpened(number))
            await _read(pump, number, socket)
            if not pump.sink.is_closing(number):
                await socket.close(drain=False)  # answer the client's; `drain` would wait for it
        finally:
            pump.sink.remove(number)
            pump.feed(ConnectionLost(number))
        return socket


async def _verdict(pump: Pump, number: int, request: web.BaseRequest) -> Verdict:
    """Wait for what becomes of a handshake, as long as its client does, and not for ever."""
    verdict = asyncio.ensure_future(pump.verdict(number))
    await asyncio.sleep(0)  # hardly any has to wait longer
    if not verdict.done():
        gone = asyncio.ensure_future(client_left(request).wait())
        try:
            await asyncio.wait(
                (verdict, gone), timeout=UNANSWERED_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            gone.cancel()
            if not verdict.done():
                verdict.cancel()
                pump.feed(ConnectionLost(number))
    return AbortConnection(number) if verdict.cancelled() or not verdict.done() else await verdict


async def _read(pump: Pump, number: int, socket: web.WebSocketResponse) -> None:
    async for message in socket:
        match message.type:
            case WSMsgType.TEXT | WSMsgType.BINARY:
                pump.feed(MessageReceived(number, bytes(message.data)))
            case WSMsgType.PING:
                pump.feed(PingReceived(number, bytes(message.data)))
            case WSMsgType.PONG:
                pump.feed(PongReceived(number, bytes(message.data)))
            case _:
                return


async def _body(request: web.BaseRequest) -> bytes:
    """Read a request's body. Raises HTTPRequestEntityTooLarge, RequestPayloadError."""
    if not request.can_read_body:
        return b""
    expected = request.headers.get("Expect", "").lower()
    if expected == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer has not begun
    return await request.read()


def _split_host(text: str) -> tuple[str, str]:
    """Split `host/path?query` into the host and the target behind it, which begins with `/`."""
    end = min((at for at in (text.find("/"), text.find("?")) if at >= 0), default=len(text))
    target = text[end:]
    return text[:end], target if target.startswith("/") else f"/{target}"


def urls(host: str, port: int, wsapi_path: str, *, tls: bool) -> Mapping[str, str]:
    """Return a listener's base URLs, ready to paste."""
    shown = f"[{host}]" if ":" in host else host
    secure = "s" if tls else ""
    ws = f"ws{secure}://{shown}:{port}"
    return {"rest": f"http{secure}://{shown}:{port}", "ws": ws, "wsapi": ws + wsapi_path}
