"""No secret in a recording: every place where one may stand, in every form it may be written."""

import asyncio
import gzip
import json
import string
from functools import partial
from urllib.parse import quote

import pytest
import zstandard

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Interaction
from replayx.framing import CLOSE, PING, PONG, frame
from replayx.recorder.recording import Rotation
from replayx.rng import named_stream
from tests.recorder.harness import accept, http, recording, say

_draw = named_stream(5, "tests/secrets")


def token(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(_draw.choice(alphabet) for _ in range(length))


KEYS = [token(64) for _ in range(4)]
SHORT_KEY = token(40)
LISTEN_KEYS = [token(64) for _ in range(12)]
HEX = [token(64, "0123456789abcdef") for _ in range(3)]
BASE64 = [token(40) + "+" + token(3) + "/" + token(41) + "==" for _ in range(2)]
BEARER = f"{token(30)}.{token(40)}-_{token(10)}"
COOKIES = [token(30), token(30)]
SECRET_KEY, PROXY, PASSPHRASE, UID, OTHER_UID, ALIAS = (
    token(40), token(44), token(20), "3549378681", "7731924456", "SgsRfWoCuXsR",
)  # fmt: skip
SECRETS = [
    *KEYS, SHORT_KEY, *LISTEN_KEYS, *HEX, *BASE64, BEARER, *COOKIES,
    SECRET_KEY, PROXY, PASSPHRASE, UID, OTHER_UID, ALIAS,
]  # fmt: skip
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"

# (request line, headers, body, the answer's headers, the answer's body)
REQUESTS = [
    ("GET /x", f"X-MBX-APIKEY: {KEYS[0]}\r\n", "", "", f"unknown key {KEYS[0]}"),
    ("GET /x", f"x-mbx-apikey: {KEYS[1]}\r\n", "", f"X-Echo: {KEYS[1]}\r\n", ""),
    (f"GET /x?apiKey={KEYS[2]}&a=1", "", "", f"Location: /y?k={KEYS[2]}\r\n", ""),
    ("GET /x", f"X-Other: {SHORT_KEY}\r\n", "", "", f"bad {SHORT_KEY}"),
    ("GET /x", f"X-MBX-APIKEY: {SHORT_KEY}\r\n", "", "", ""),
    ("POST /x", "", json.dumps({"apiKey": KEYS[3], "passphrase": PASSPHRASE}), "", ""),
    ("POST /x", "", "", "", json.dumps({"secretKey": SECRET_KEY})),
    (f"GET /x?t=1&signature={HEX[0]}", "", "", "", f'{{"msg":"no {HEX[0]}"}}'),
    (f"GET /x?signature={quote(BASE64[0], safe='')}", "", "", "", f"no {BASE64[0]}"),
    ("POST /x", FORM, f"a=1&signature={HEX[1]}", "", ""),
    ("POST /fapi/v1/listenKey", "", "", "", json.dumps({"listenKey": LISTEN_KEYS[0]})),
    ("PUT /fapi/v1/listenKey", "", "", "", json.dumps({"listenKey": LISTEN_KEYS[1]}, indent=1)),
    (f"DELETE /fapi/v1/listenKey?listenKey={LISTEN_KEYS[2]}", "", "", "", "{}"),
    ("GET /x", f"Authorization: Bearer {BEARER}\r\n", "", "", f"expired: {BEARER}"),
    ("GET /x", f"Proxy-Authorization: Basic {PROXY}\r\n", "", "", f"who is {PROXY}"),
    ("GET /x", f"Cookie: a=b; s={COOKIES[0]}\r\n", "", f"Set-Cookie: x={COOKIES[1]}\r\n", ""),
    ("GET /x", "", "", "", json.dumps({"uid": int(UID), "accountAlias": ALIAS})),
    (f"GET /x?uid={OTHER_UID}", "", "", "", json.dumps({"a": [{"uid": OTHER_UID}]})),
]  # fmt: skip
TARGETS = [
    f"/ws/{LISTEN_KEYS[5]}",
    f"/stream?streams=btcusdt@trade/{LISTEN_KEYS[6]}",
    f"/stream?streams={LISTEN_KEYS[6]}%2Fbtcusdt@trade",
    f"/private/stream?listenKey={LISTEN_KEYS[7]}&listenKey={LISTEN_KEYS[8]}",
    "/ws-api/v3",
]
SENT = [
    {"method": "SUBSCRIBE", "params": [LISTEN_KEYS[9]], "id": 1},
    {"method": "a", "params": {"apiKey": KEYS[0], "signature": BASE64[1]}, "id": 2},
    {"method": "b", "params": {"apiKey": KEYS[0], "signature": HEX[2]}, "id": 3},
]
EVENTS = [
    {"stream": LISTEN_KEYS[3], "data": {"e": "ORDER_TRADE_UPDATE"}},
    {"e": "listenKeyExpired", "E": 1, "listenKey": LISTEN_KEYS[4]},
    {"result": ["btcusdt@trade", LISTEN_KEYS[9]], "id": 9},
]


async def speak(peer, head, body):
    """Echo everything, in error texts too; then close with a reason that tells a secret."""
    extra = f"X-Venue: {LISTEN_KEYS[10]}\r\nSet-Cookie: s={COOKIES[1]}"
    peer.send(accept(head).replace(b"X-Venue: yes", extra.encode()))
    for event in EVENTS:
        peer.send(frame(json.dumps(event, separators=(",", ":")).encode()))
    peer.send(frame(LISTEN_KEYS[10].encode(), PING))
    while (message := await peer.message()) is not None:
        if message.opcode == CLOSE:
            peer.send(frame(b"\x03\xe8" + LISTEN_KEYS[11].encode(), CLOSE))
            return
        if message.opcode < CLOSE:
            text = message.payload.decode()
            answer = {"id": json.loads(text)["id"], "error": {"code": -1, "msg": f"no: {text}"}}
            peer.send(frame(json.dumps(answer).encode()))
            peer.send(frame(message.payload))


def texts(value):
    """Yield every text in a record, bodies unpacked."""
    if isinstance(value, bytes):
        yield value
        if value[:2] == b"\x1f\x8b":
            yield gzip.decompress(value)
        if value[:4] == b"\x28\xb5\x2f\xfd":
            yield zstandard.ZstdDecompressor().decompressobj().decompress(value)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from texts(part)
    elif hasattr(value, "__struct_fields__"):
        for field in value.__struct_fields__:
            yield from texts(getattr(value, field))
    else:
        yield str(value).encode()


def whole(path) -> bytes:
    reader = CassetteReader(path)
    parts = [path.read_bytes(), repr((reader.header, reader.interactions())).encode()]
    parts += texts(list(reader.channels.values()))
    for batch in reader.batches():
        parts += [bytes(batch.frames), *texts(list(batch.events))]
    return b"\n".join(parts)


def written(secret: str) -> set[str]:
    """Return the forms in which a secret may stand in a text."""
    once = json.dumps(secret)[1:-1]
    return {secret, quote(secret, safe=""), once, once.replace("/", "\\/"), json.dumps(once)[1:-1]}


@pytest.mark.parametrize("rotation", [Rotation(), Rotation(bytes_max=1)])
@pytest.mark.parametrize("coding", ["", "gzip", "zstd"])
async def test_no_secret_is_in_the_file(exchange, tmp_path, coding, rotation):
    pack = {"": bytes, "gzip": partial(gzip.compress, mtime=0), "zstd": zstandard.compress}[coding]
    answers = []

    async def rest(peer, head, body):
        headers, answer = answers.pop(0)
        headers += f"Content-Encoding: {coding}\r\n" if coding else ""
        peer.send(http(pack(answer.encode()), b"400 Bad", headers.encode()))

    exchange.rest, exchange.socket = rest, speak
    async with recording(exchange, tmp_path / "a.rpx", rotation=rotation) as session:
        for line, headers, body, *answer in REQUESTS:
            answers.append(answer)
            if not headers.endswith(f"{SHORT_KEY}\r\n") or "MBX" not in headers:
                # Each in its own chunk or file, but for a key that is told late: that is found
                # only in the chunk that tells it.
                session.live.recording.seal()
            head = f"{line} HTTP/1.1\r\nHost: me\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
            _, got = await session.request((head + body).encode())
            assert got == pack(answer[1].encode())  # the client sees the real one
        for target in TARGETS:
            client = await session.open(target.encode(), f"X-MBX-APIKEY: {KEYS[0]}\r\n".encode())
            await client.head()
            client.send(say(LISTEN_KEYS[10].encode(), PONG))
            for message in SENT:
                client.send(say(json.dumps(message).encode()))
            for _ in range(len(EVENTS) + 1 + 2 * len(SENT)):
                assert await client.message() is not None
            session.live.recording.seal()  # the next connection's in another chunk, or file
            client.send(say(b"\x03\xe8" + LISTEN_KEYS[11].encode(), CLOSE))
            assert LISTEN_KEYS[11].encode() in (await client.message()).payload
            await asyncio.sleep(0.01)
        summary = await session.stop()
    assert (len(summary.files) > 1) == bool(rotation.bytes_max)
    assert summary.interactions >= len(REQUESTS)
    for path in summary.files:
        text = whole(type(tmp_path)(path))
        found = [form for secret in SECRETS for form in written(secret) if form.encode() in text]
        assert found == []


def test_the_search_finds_what_is_there():
    body = gzip.compress(b"abc")
    event = Interaction(0, 0, "m", "rest", 0, "GET", "/", (("a", "b"),), b"", 200, (), body, 1, "")
    assert b"abc" in b"".join(texts(event))
    assert "a%2F" in written("a/")
