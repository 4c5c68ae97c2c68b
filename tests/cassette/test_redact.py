"""Secrets are replaced by name and by memory; everything else stays byte for byte."""

import gzip
import json
import zlib

import pytest
import zstandard
from hypothesis import assume, given
from hypothesis import strategies as st

from replayx.cassette.redact import Redactor, SecretRules
from replayx.limits import LEARNED_SECRETS_MAX

RULES = SecretRules(
    identifiers=frozenset({"x-key", "apikey", "listenkey", "uid", "token"}),
    erased=frozenset({"signature", "cookie", "authorization"}),
    dropped=frozenset({"passphrase"}),
    path_token_lengths=frozenset({64}),
)
NAMES = RULES.identifiers | RULES.erased | RULES.dropped
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
HEX = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


def redactor(salt: bytes = b"salt of a recording") -> Redactor:
    return Redactor(RULES, salt)


def cover_of(secret: str, engine: Redactor) -> str:
    return engine.headers((("x-key", secret),))[0][1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"signature":"ab\\/c","b":1}', b'{"signature":"REDACTED","b":1}'),
        (b'{"a":{"Signature" : "x"}}', b'{"a":{"Signature" : "REDACTED"}}'),
        (b'{"signature":null,"signature":12}', b'{"signature":null,"signature":0}'),
        (b'{"signature":{"r":"0x1","v":27}}', b'{"signature":{"r":"REDACTED","v":0}}'),
        (b'{"signature":["a","b"],"c":"d"}', b'{"signature":["REDACTED","REDACTED"],"c":"d"}'),
        (b'{"msg":"{\\"signature\\":\\"x\\"}"}', b'{"msg":"{\\"signature\\":\\"REDACTED\\"}"}'),
        (b'{"signature":"cut off', b'{"signature":"REDACTED'),
        (b"a=1&signature=aB%2Fc%3D%3D&b=2", b"a=1&signature=REDACTED&b=2"),
        (b"signature=x", b"signature=REDACTED"),
        (b'{"url":"https://h/p?signature=x"}', b'{"url":"https://h/p?signature=REDACTED"}'),
        (b"nosignature=x&", b"nosignature=x&"),
        (b'{"passphrase":"p","a":1}', b'{"a":1}'),
        (b'{"a":1,"passphrase":"p"}', b'{"a":1}'),
        (b'{"passphrase":"p"}', b"{}"),
        (b"passphrase=p&a=1", b"a=1"),
        (b"a=1&passphrase=p", b"a=1"),
        (b'{"nosignature":"x","signature2":"y"}', b'{"nosignature":"x","signature2":"y"}'),
    ],
)
def test_erases_and_drops_by_name(text, expected):
    assert redactor().text(text) == expected


def test_a_pseudonym_has_the_length_and_the_alphabet_of_its_secret():
    engine = redactor()
    for secret in (KEY, HEX, HEX.upper(), "12345", "101-004-1234567-001", "a@b.example"):
        cover = cover_of(secret, engine)
        assert len(cover) == len(secret)
        assert cover != secret
        assert [c for c in cover if not c.isalnum()] == [c for c in secret if not c.isalnum()]
        assert cover.isdigit() == secret.isdigit()
    assert set(cover_of(HEX, engine)) <= set("0123456789abcdef")


def test_one_secret_has_one_pseudonym_wherever_it_stands():
    engine = redactor()
    cover = cover_of(KEY, engine)
    assert engine.target(f"/ws/{KEY}") == f"/ws/{cover}"
    assert engine.target(f"/stream?streams=a@trade%2F{KEY}/b") == (
        f"/stream?streams=a@trade%2F{cover}/b"
    )
    assert engine.target(f"/x?listenKey={KEY}") == f"/x?listenKey={cover}"
    assert engine.text(f'{{"listenKey":"{KEY}"}}'.encode()) == f'{{"listenKey":"{cover}"}}'.encode()
    assert engine.text(f'{{"params":["{KEY}"]}}'.encode()) == f'{{"params":["{cover}"]}}'.encode()
    assert engine.word(f"bad key {KEY}.") == f"bad key {cover}."


def test_another_recording_has_other_pseudonyms():
    assert cover_of(KEY, redactor(b"one")) != cover_of(KEY, redactor(b"two"))


def test_numbers_stay_numbers():
    clean = json.loads(redactor().text(b'{"uid":354937868,"price":354937868}'))
    assert clean["price"] == 354937868  # short: replaced by its name alone
    assert clean["uid"] != 354937868
    assert len(str(clean["uid"])) == 9


def test_an_identifier_escaped_in_a_url_is_the_same_as_plain_in_json():
    engine = redactor()
    plain = engine.text(b'{"token":"ab/cd+ef/gh012345678"}')
    escaped = engine.text(b"token=ab%2Fcd%2Bef%2Fgh012345678")
    cover = json.loads(plain)["token"]
    assert escaped == b"token=" + cover.replace("/", "%2F").replace("+", "%2B").encode()
    assert engine.text(b'{"token":"ab\\/cd+ef\\/gh012345678"}') == (
        b'{"token":"' + cover.replace("/", "\\/").encode() + b'"}'
    )


def test_headers_are_redacted_in_order_and_the_dropped_one_vanishes():
    engine = redactor()
    headers = (
        ("Set-Thing", "a"),
        ("X-Key", KEY),
        ("Authorization", f"Bearer {HEX}"),
        ("Passphrase", "sesame"),
        ("Location", f"https://h/p?signature={HEX}"),
        ("Set-Thing", "a"),
    )
    assert engine.headers(headers) == (
        ("Set-Thing", "a"),
        ("X-Key", cover_of(KEY, engine)),
        ("Authorization", "REDACTED"),
        ("Location", "https://h/p?signature=REDACTED"),
        ("Set-Thing", "a"),
    )


def test_a_header_that_repeats_a_later_one_is_redacted_too():
    engine = redactor()
    other = "not-of-a-token-length-0123"
    headers = engine.headers((("Link", f"see {other}"), ("X-Key", other)))
    assert headers[0][1] == f"see {headers[1][1]}" != f"see {other}"


def test_a_secret_once_seen_is_found_in_free_text_and_in_frames():
    engine = redactor()
    secret = "aGVsbG8sIHdvcmxkISE="
    engine.target(f"/p?signature={secret.replace('=', '%3D')}")
    assert engine.text(f'{{"msg":"bad {secret}"}}'.encode()) == b'{"msg":"bad REDACTED"}'
    frames = bytearray(f"xx{secret}yy{secret}".encode())
    size = len(frames)
    engine.scrub(frames)
    assert len(frames) == size
    assert secret.encode() not in frames
    assert frames[:2] == b"xx"
    assert frames[22:24] == b"yy"


def test_what_is_remembered_is_bounded():
    engine = redactor()
    for number in range(LEARNED_SECRETS_MAX + 1):
        cover_of(f"secret-number-{number:08}", engine)
    first, last = b"secret-number-00000000", b"secret-number-%08d" % LEARNED_SECRETS_MAX
    assert engine.text(first) == first
    assert engine.text(last) != last


@pytest.mark.parametrize(
    ("coding", "pack", "unpack"),
    [
        ("gzip", gzip.compress, gzip.decompress),
        ("deflate", zlib.compress, zlib.decompress),
        ("zstd", zstandard.compress, zstandard.decompress),
        ("", bytes, bytes),
    ],
)
def test_compressed_bodies_are_looked_into(coding, pack, unpack):
    engine = redactor()
    plain = b'{"a":"' + b"x" * 99 + b'"}'
    packed = pack(plain)
    headers = (("Content-Encoding", coding), ("Content-Length", str(len(packed))))
    assert engine.body(packed, headers) == (packed, headers)  # the very same bytes
    packed = pack(b'{"signature":"%s"}' % HEX.encode())
    body, after = engine.body(packed, headers)
    assert unpack(body) == b'{"signature":"REDACTED"}'
    assert after == (("Content-Encoding", coding), ("Content-Length", str(len(body))))


def test_a_body_that_does_not_unpack_is_searched_as_it_is():
    headers = (("Content-Encoding", "br"),)
    assert (
        redactor().body(b'\x01{"signature":"abc"}', headers)[0] == b'\x01{"signature":"REDACTED"}'
    )
    torn = gzip.compress(b"x" * 999)[:-9]
    assert redactor().body(torn, (("Content-Encoding", "gzip"),))[0] == torn


def test_a_bare_deflate_body_is_looked_into():
    packer = zlib.compressobj(wbits=-15)
    bare = packer.compress(b'{"signature":"abc"}') + packer.flush()
    body, _ = redactor().body(bare, (("Content-Encoding", "deflate"),))
    assert zlib.decompress(body) == b'{"signature":"REDACTED"}'


SECRETS = st.text("ABCDEFabcdef0123456789", min_size=24, max_size=64)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(secret=SECRETS, around=JSON, levels=st.integers(0, 3))
def test_no_secret_survives_at_any_depth_of_json(secret, around, levels):
    value = {"apiKey": secret, "x": [around, {"signature": secret[::-1]}], "again": secret}
    for _ in range(levels):
        value = {"msg": json.dumps(value), "n": around}
    text = json.dumps(value).encode()
    engine = redactor()
    clean = engine.text(text)
    assert secret.encode() not in clean
    assert secret[::-1].encode() not in clean
    json.loads(clean)
    again = engine.text(clean)
    assert len(again) == len(clean)


@given(JSON)
def test_a_text_without_secrets_is_unchanged(value):
    text = json.dumps(value).encode()
    # Hypothesis draws words from the source too, and so sometimes a secret's name.
    assume(not any(name.encode() in text.lower() for name in NAMES))
    engine = redactor()
    assert engine.text(text) is text
    frames = bytearray(text)
    engine.scrub(frames)
    assert frames == text


@given(st.binary(max_size=80))
def test_any_bytes_are_searched_without_an_error(data):
    engine = redactor()
    engine.text(b'{"token":"' + data)
    engine.text(b"token=" + data)
    engine.body(data, (("Content-Encoding", "gzip"),))


@pytest.mark.parametrize(
    ("name", "value", "token"),
    [
        ("Authorization", "Bearer {}", "dGhpcyBpcyBhIHRva2Vu/c2VjcmV0+w=="),
        ("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.{}.x", "eyJzdWIiOiIxMjM0NTY3ODkwIn0"),
        ("Cookie", "theme=dark; session={}; lang=en", "0123456789abcdef0123456789"),
    ],
)
def test_a_credential_repeated_without_its_header_is_found(name, value, token):
    engine = redactor()
    engine.headers(((name, value.format(token)),))
    assert token.encode() not in engine.text(f"no such session: {token}!".encode())


def test_a_host_in_a_cookie_is_no_secret():
    engine = redactor()
    engine.headers((("Cookie", "session=1; Domain=.testnet.exchange.example; Path=/api/v3/x"),))
    text = b"see https://api.testnet.exchange.example/api/v3/x"
    assert engine.text(text) == text
