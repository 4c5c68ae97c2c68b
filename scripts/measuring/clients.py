"""Clients that cost as little as they can, so that the server is what is measured."""

import base64
import json
import os
import select
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import msgspec

from replayx.framing import header_bytes

_BUFFER_BYTES = 1 << 20
_MESSAGES = (1, 2)
_PING, _PONG = 9, 10


def open_socket(port: int, path: str) -> tuple[socket.socket, bytes]:
    """Complete a WebSocket handshake; return the socket and what came behind it."""
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    client.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        part = client.recv(65536)
        if not part:
            raise ConnectionError(f"the handshake failed: {head[:200]!r}")
        head += part
    head, _, rest = head.partition(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n", 1)[0]:
        raise ConnectionError(f"the handshake failed: {head[:200]!r}")
    return client, rest


def drain_frames(port: int, path: str, bytes_expected: int) -> tuple[int, float]:
    """Read until so many bytes of frames came; return them and the seconds from the first on."""
    client, rest = open_socket(port, path)
    return _drain(client, len(rest), bytes_expected)


def drain_bytes(port: int, bytes_expected: int) -> tuple[int, float]:
    """Read so many bytes of a plain connection; return them and the seconds."""
    return _drain(socket.create_connection(("127.0.0.1", port)), 0, bytes_expected)


def _drain(client: socket.socket, got: int, bytes_expected: int) -> tuple[int, float]:
    """Read; a server that waits for the answer to its close is not waited for."""
    view = memoryview(bytearray(_BUFFER_BYTES))
    start_s = end_s = None
    with client:
        while got < bytes_expected:
            count = client.recv_into(view)
            if not count:
                break
            end_s = time.perf_counter()
            if start_s is None:
                start_s = end_s
            got += count
    return got, (end_s or 0.0) - (start_s or 0.0)


def frame_times(port: int, path: str, count: int) -> list[tuple[int, bytes]]:
    """Return (monotonic ns, payload) of the next `count` messages."""
    client, rest = open_socket(port, path)
    got: list[tuple[int, bytes]] = []
    buffer = bytearray(rest)
    now_ns = time.monotonic_ns()
    with client:
        while True:
            got += [(now_ns, payload) for payload in take_frames(buffer)]
            if len(got) >= count:
                return got[:count]
            part = client.recv(_BUFFER_BYTES)
            now_ns = time.monotonic_ns()
            if not part:
                return got
            buffer += part


def count_frames(
    port: int, paths: list[str], seconds_max: float
) -> tuple[list[int], list[tuple[int, int]]]:
    """Open a socket a path; return how many messages each got until all are closed, and
    (monotonic ns, bytes so far) of the first one.
    """
    sockets = [open_socket(port, path) for path in paths]
    buffers = {one.fileno(): bytearray(rest) for one, rest in sockets}
    order = [one.fileno() for one, _ in sockets]
    by_number = {one.fileno(): one for one, _ in sockets}
    counts = dict.fromkeys(order, 0)
    poll = select.poll()
    for number in order:
        poll.register(number, select.POLLIN)
    end_s = time.monotonic() + seconds_max
    still_open = set(order)
    arrivals: list[tuple[int, int]] = []
    while still_open and time.monotonic() < end_s:
        for number, _ in poll.poll(200):
            part = by_number[number].recv(65536)
            if not part:
                poll.unregister(number)
                still_open.discard(number)
                continue
            buffers[number] += part
            counts[number] += sum(1 for _ in take_frames(buffers[number]))
            if number == order[0]:
                arrivals.append((time.monotonic_ns(), counts[number]))
    for one, _ in sockets:
        one.close()
    return [counts[number] for number in order], arrivals


def take_frames(buffer: bytearray) -> Iterator[bytes]:
    """Remove and yield the payloads of the text and binary frames that are whole."""
    return (payload for opcode, payload in take_all_frames(buffer) if opcode in _MESSAGES)


def take_all_frames(buffer: bytearray) -> list[tuple[int, bytes]]:
    """Remove the frames that are whole; return their opcodes and payloads."""
    position, frames = 0, []
    size = len(buffer)
    while size - position >= 2:
        second = buffer[position + 1]
        head = header_bytes(second)
        if size - position < head:
            break
        length = (
            second if head == 2 else int.from_bytes(buffer[position + 2 : position + head], "big")
        )
        if size - position < head + length:
            break
        payload = bytes(buffer[position + head : position + head + length])
        frames.append((buffer[position] & 0x0F, payload))
        position += head + length
    del buffer[:position]
    return frames


def request_rate(
    port: int, targets: list[str], seconds: float, connections: int
) -> tuple[int, float, int]:
    """Ask for the targets in turn on so many kept connections; return answers, seconds, bad ones.

    Every connection has one request under way, so the server's rate is what is measured.
    """
    requests = [f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for target in targets]
    sockets = {}
    poll = select.poll()
    turn = 0
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[one.fileno()] = (one, bytearray())
        poll.register(one.fileno(), select.POLLIN)
        one.sendall(requests[turn % len(requests)])
        turn += 1
    answered = bad = 0
    start_s = time.perf_counter()
    end_s = start_s + seconds
    while time.perf_counter() < end_s:
        for number, _ in poll.poll(1000):
            one, buffer = sockets[number]
            part = one.recv(_BUFFER_BYTES)
            if not part:
                raise ConnectionError("the server closed the connection")
            buffer += part
            status = _take_answer(buffer)
            if status:
                answered += 1
                bad += status != 200
                one.sendall(requests[turn % len(requests)])
                turn += 1
    took = time.perf_counter() - start_s
    for one, _ in sockets.values():
        one.close()
    return answered, took, bad


def _take_answer(buffer: bytearray) -> int:
    """Remove a whole HTTP answer and return its status; 0 if it is not whole yet."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return 0
    head = bytes(buffer[:head_end]).lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(buffer) < head_end + 4 + length:
        return 0
    status = int(head.split(b" ", 2)[1])
    del buffer[: head_end + 4 + length]
    return status


def arrivals(port: int, path: str, count: int) -> list[tuple[int, int]]:
    """Return (monotonic ns, messages so far) of every read, until `count` messages came."""
    client, rest = open_socket(port, path)
    buffer = bytearray(rest)
    seen = sum(1 for _ in take_frames(buffer))
    told = [(time.monotonic_ns(), seen)]
    with client:
        while seen < count:
            part = client.recv(_BUFFER_BYTES)
            now_ns = time.monotonic_ns()
            if not part:
                break
            buffer += part
            seen += sum(1 for _ in take_frames(buffer))
            told.append((now_ns, seen))
    return told


def decoded_count(port: int, path: str, count: int) -> int:
    """Read messages, decode each, until `count` came or the connection ends; return how many."""
    client, rest = open_socket(port, path)
    buffer, seen = bytearray(rest), 0
    decode = msgspec.json.Decoder().decode
    with client:
        while True:
            for kind, payload in take_all_frames(buffer):
                if kind == _PING:
                    client.sendall(_masked(_PONG, payload))
                elif kind in _MESSAGES:
                    decode(payload)
                    seen += 1
            part = client.recv(_BUFFER_BYTES) if seen < count else b""
            if not part:
                return seen
            buffer += part


def _masked(opcode: int, payload: bytes) -> bytes:
    """Return a short client frame. A mask of zeros leaves the payload as it is."""
    return bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload


class Caller:
    """Asks one server for JSON over one connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = HTTPConnection(parts.hostname, parts.port, timeout=600)

    def call(self, method: str, target: str, **body: Any) -> Any:
        """Return the JSON of an answer. Raises RuntimeError if it is not 200."""
        text = json.dumps(body) if body else None
        headers = {"Content-Type": "application/json"} if body else {}
        self._connection.request(method, target, text, headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {target}: {answer.status} {said[:300]!r}")
        return json.loads(said)
