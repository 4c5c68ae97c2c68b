"""Entries of a transcript without secrets: keys, signatures and listen keys are replaced.

What the tape itself knows a secret by is none: it was replaced when it was recorded, and a run has
to find it again.
"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from replayx.cassette.redact import Redactor, SecretRules
from replayx.session.transcript_entry import (
    BadRequestEntry,
    Body,
    ConnectEntry,
    FaultEntry,
    HeaderPairs,
    MessageEntry,
    PingEntry,
    PongEntry,
    RequestEntry,
    UnmatchedEntry,
)

_E = TypeVar("_E")


class EntryRedactor:
    """Replaces secrets in entries. Remembers what it has seen; not thread-safe."""

    def __init__(
        self, rules: Iterable[SecretRules], salt: bytes, *, known: Iterable[str] = ()
    ) -> None:
        """Take what is secret to the markets' venues, and a random salt for pseudonyms.

        `known`: names on the tape, which are told as they are.
        """
        self._redactor = Redactor(_together(tuple(rules)), salt)
        covers = ((self._redactor.target(f"/{name}").removeprefix("/"), name) for name in known)
        self._known = {cover: name for cover, name in covers if cover != name}

    def word(self, text: str) -> str:
        """Return a text without secrets."""
        return self._named(self._redactor.word(text))

    def clean(self, entries: list[_E]) -> list[_E]:
        """Return entries without secrets; what a later one teaches is found in earlier ones too."""
        learned = -1
        clean = entries
        while learned != self._redactor.learned:
            learned = self._redactor.learned
            clean = [self._without_secrets(entry) for entry in entries]
        return clean

    def _without_secrets(self, entry: _E) -> _E:
        replace = msgspec.structs.replace
        match entry:
            case RequestEntry():
                pairs = self._redactor.headers(entry.headers)
                headers = tuple((name, self._named(value)) for name, value in pairs)
                target, body = self._target(entry.target), self._body(entry.body, entry.headers)
                client = self.word(entry.client)
                return replace(entry, target=target, headers=headers, body=body, client=client)
            case MessageEntry() | PingEntry() | PongEntry():
                return replace(entry, payload=self._body(entry.payload))
            case ConnectEntry():
                target, client = self._target(entry.target), self.word(entry.client)
                return replace(entry, target=target, client=client)
            case FaultEntry():
                return replace(entry, link=self.word(entry.link))
            case BadRequestEntry():
                return replace(entry, detail=self.word(entry.detail))
            case UnmatchedEntry():
                return replace(entry, message=self.word(entry.message))
            case _:
                return entry

    def _target(self, target: str) -> str:
        return self._named(self._redactor.target(target))

    def _named(self, text: str) -> str:
        """Return a text with what the tape knows by its own names."""
        for cover, name in self._known.items():
            text = text.replace(cover, name)
        return text

    def _body(self, body: Body, headers: HeaderPairs = ()) -> Body:
        if body.text:
            return msgspec.structs.replace(body, text=self.word(body.text))
        if body.is_cut and headers:
            # It may be compressed, and half of that can't be searched.
            return msgspec.structs.replace(body, base64=b"")
        clean, _ = self._redactor.body(body.base64, headers)
        return msgspec.structs.replace(body, base64=clean)


def _together(rules: tuple[SecretRules, ...]) -> SecretRules:
    """Return the rules of several venues as one: what is secret to one is shown for none."""
    none: frozenset[str] = frozenset()
    return SecretRules(
        identifiers=none.union(*(one.identifiers for one in rules)),
        erased=none.union(*(one.erased for one in rules)),
        dropped=none.union(*(one.dropped for one in rules)),
        path_token_lengths=frozenset().union(*(one.path_token_lengths for one in rules)),
    )
