"""Redaction: secrets replaced before they touch the disk, by pseudonyms that stay consistent.

Which names are secret is data (SecretRules), given by the venue. A secret once seen is remembered,
so that it is found again wherever it stands: in a URL, an error message, a stream's frame.
Bytes that are not secret stay exact: values are cut out and replaced, nothing is parsed and
written again.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from replayx.cassette import content_encoding
from replayx.cassette.pseudonym import URL_UNIT, disguise, pseudonym
from replayx.cassette.records import Headers
from replayx.cassette.secret_finder import Found, Kind, SecretFinder
from replayx.limits import (
    CLEAN_HEADERS_MAX,
    LEARNED_SECRET_BYTES_MIN,
    LEARNED_SECRETS_MAX,
    LEARNED_SIGNATURES_MAX,
    TOKEN_SEARCH_BYTES_MAX,
)

REDACTION = "replayx-1"  # Header.redaction: which rules a recording was redacted by
REDACTED = b"REDACTED"
_SCHEME = re.compile(rb"\A[A-Za-z]+ +")  # RFC 9110, 11.4: `Bearer <token>`

# What is secret in `name=<token>; Domain=h.example; Path=/` (RFC 6265, 4.1.1) and in a JWT: words
# between dots and slashes, so that no host or path is taken for one.
_CREDENTIAL = re.compile(rb"[A-Za-z0-9_~+%%-]{%d,}=*" % LEARNED_SECRET_BYTES_MIN)


class SecretRules(msgspec.Struct, frozen=True):
    """Which names carry secrets, all compared in lower case.

    identifiers: values replaced by a pseudonym of the same length and alphabet, everywhere alike:
      API keys, listen keys, tokens, account ids. As parameter, header or JSON field.
    erased: values replaced by `REDACTED`: signatures, cookies.
    dropped: headers and fields left out: passphrases.
    path_tokens: a path segment of this many characters [A-Za-z0-9] is an identifier (listen keys).
    """

    identifiers: frozenset[str] = frozenset()
    erased: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    path_token_lengths: frozenset[int] = frozenset()


class Memory:
    """The last `count_max` secrets and what replaces them."""

    def __init__(self, count_max: int) -> None:
        self.learned = 0  # secrets new to it, ever
        self._count_max = count_max
        self._covers: dict[bytes, bytes] = {}
        self._secrets: dict[bytes, bytes] = {}  # by cover: what was replaced is not replaced again

    def __contains__(self, cover: bytes) -> bool:
        return cover in self._secrets

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._covers.items())

    def cover(self, secret: bytes) -> bytes | None:
        """Return what replaces a secret; None if it is not known."""
        cover = self._covers.pop(secret, None)
        if cover is not None:
            self._covers[secret] = cover  # to the end: what is still seen is forgotten last
        return cover

    def learn(self, secret: bytes, cover: bytes) -> None:
        """Remember a secret, unless it is too short to be told from other text."""
        if len(secret) < LEARNED_SECRET_BYTES_MIN or secret == cover:
            return
        if self._covers.pop(secret, None) is None:
            self.learned += 1
        self._covers[secret] = cover
        self._secrets[cover] = secret
        if len(self._covers) > self._count_max:
            oldest = next(iter(self._covers))
            self._secrets.pop(self._covers.pop(oldest), None)


class Redactor:
    """Replaces secrets. One for a whole recording; remembers what it has seen; not thread-safe."""

    def __init__(self, rules: SecretRules, salt: bytes) -> None:
        """Take the venue's rules and the recording's own random salt, never to be stored."""
        kinds = dict.fromkeys(rules.identifiers, Kind.IDENTIFIER)
        kinds |= dict.fromkeys(rules.erased, Kind.ERASED)
        kinds |= dict.fromkeys(rules.dropped, Kind.DROPPED)
        self._kinds = kinds
        self._finder = SecretFinder(kinds, rules.path_token_lengths)
        self._salt = salt
        self._identifiers = Memory(LEARNED_SECRETS_MAX)
        self._signatures = Memory(LEARNED_SIGNATURES_MAX)
        self._clean_headers: dict[Headers, Headers] = {}
        self._clean_version = 0

    @property
    def learned(self) -> int:
        """How many identifiers were new when they were seen: if it grew, look back."""
        return self._identifiers.learned

    def target(self, target: str) -> str:
        """Return a path with its query without secrets."""
        return self.word(target)

    def word(self, text: str) -> str:
        """Return a short text (a URL, a close reason, a channel's name) without secrets."""
        return self.text(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    def headers(self, headers: Headers) -> Headers:
        """Return headers without secrets, in order."""
        # A client sends the same ones again and again: kept until something new is learned.
        version = self._identifiers.learned + self._signatures.learned
        if version != self._clean_version or len(self._clean_headers) >= CLEAN_HEADERS_MAX:
            self._clean_headers.clear()
            self._clean_version = version
        clean = self._clean_headers.get(headers)
        if clean is None:
            clean = self._clean_headers[headers] = self._without_secrets(headers)
        return clean

    def _without_secrets(self, headers: Headers) -> Headers:
        rows = [(name, value, self._kinds.get(name.lower())) for name, value in headers]
        # The secret ones first: what they teach is then found in the others.
        clean = [value if kind is None else self._header(value, kind) for _, value, kind in rows]
        values = "\n".join([value for _, value, kind in rows if kind is None])
        if self.word(values) != values:  # rarely: all of them are searched at once
            for at, (_, value, kind) in enumerate(rows):
                clean[at] = self.word(value) if kind is None else clean[at]
        return tuple(
            (name, value)
            for (name, _, kind), value in zip(rows, clean, strict=True)
            if kind is not Kind.DROPPED
        )

    def body(self, body: bytes, headers: Headers) -> tuple[bytes, Headers]:
        """Return a body without secrets, and its headers: Content-Length follows the body.

        A compressed body in which nothing is secret stays exact; otherwise it is packed again.
        One that cannot be unpacked is searched as it is; one too large to unpack is left out.
        """
        coding = _value(headers, "content-encoding").strip().lower()
        try:
            plain = content_encoding.decode(body, coding)
        except content_encoding.TooLarge:
            return b"", headers
        if plain is None:
            clean = self.text(body)
        else:
            text = self.text(plain)
            clean = body if text == plain else content_encoding.encode(text, coding)
        if len(clean) != len(body):
            headers = _with_length(headers, len(clean))
        return clean, headers

    def text(self, text: bytes) -> bytes:
        """Return JSON, a form, a URL or any other text without secrets."""
        if not text:
            return text
        text = self._replace(text, self._finder.in_json)
        text = self._replace(text, self._finder.in_form)
        if len(text) <= TOKEN_SEARCH_BYTES_MAX:
            text = self._replace(text, self._finder.tokens)
        for memory in (self._identifiers, self._signatures):
            for secret, cover in memory:
                if secret in text:
                    text = text.replace(secret, cover)
        return text

    def scrub(self, frames: bytearray) -> None:
        """Replace the secrets seen so far in `frames`, in place, each by as many bytes."""
        for secret, cover in [*self._identifiers, *self._signatures]:
            fitting = cover if len(cover) == len(secret) else pseudonym(secret, self._salt)
            at = frames.find(secret)
            while at >= 0:
                frames[at : at + len(secret)] = fitting
                at = frames.find(secret, at + len(secret))

    def _header(self, value: str, kind: Kind) -> str:
        raw = value.encode("utf-8", "surrogateescape")
        if kind is not Kind.IDENTIFIER:
            self._erase(raw)
            # An answer may repeat the token alone.
            for part in (_SCHEME.sub(b"", raw, count=1), *_CREDENTIAL.findall(raw)):
                self._signatures.learn(part, REDACTED)
            return REDACTED.decode()
        scheme = _SCHEME.match(raw)
        start = scheme.end() if scheme else 0
        clean = raw[:start] + self._cover(raw[start:], URL_UNIT)
        return clean.decode("utf-8", "replace")

    def _erase(self, raw: bytes) -> None:
        plain, cover, written = disguise(raw, URL_UNIT, self._salt)
        self._signatures.learn(plain, REDACTED if cover != plain else plain)
        self._signatures.learn(raw, REDACTED if written != raw else raw)

    def _cover(self, raw: bytes, unit: re.Pattern[bytes]) -> bytes:
        if raw in self._identifiers:
            return raw  # it is a pseudonym already
        known = self._identifiers.cover(raw)
        if known is not None:
            return known
        plain, cover, written = disguise(raw, unit, self._salt)
        self._identifiers.learn(plain, cover)
        self._identifiers.learn(raw, written)
        return written

    def _replace(self, text: bytes, find: Callable[[bytes], Iterable[Found]]) -> bytes:
        """Splice what `find` finds; the text itself is returned if it finds nothing."""
        parts: list[bytes] = []
        position = 0
        for found in find(text):
            value = text[found.start : found.end]
            if found.kind is Kind.DROPPED:
                self._erase(value.strip(b'"'))
                parts.append(text[position : found.outer_start])
                position = found.outer_end
                continue
            parts.append(text[position : found.start])
            parts.append(self._replacement(found, value, text))
            position = found.end
        return b"".join((*parts, text[position:])) if parts else text

    def _replacement(self, found: Found, value: bytes, text: bytes) -> bytes:
        if found.kind is Kind.IDENTIFIER:
            return self._cover(value, found.unit)
        self._erase(value)
        is_number = found.start and text[found.start - 1 : found.start] not in (b'"', b"=")
        return b"0" if is_number else REDACTED


def _value(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _with_length(headers: Headers, length: int) -> Headers:
    return tuple(
        (name, str(length) if name.lower() == "content-length" else value)
        for name, value in headers
    )
