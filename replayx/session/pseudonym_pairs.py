"""Which word of one run file stands for which of another: each has pseudonyms of its own salt."""

import re
from collections import ChainMap

import msgspec

from replayx.limits import LEARNED_SECRET_BYTES_MIN
from replayx.session.run_entry import RunEntry
from replayx.session.transcript_entry import (
    BadRequestEntry,
    Body,
    ConnectEntry,
    MessageEntry,
    PingEntry,
    PongEntry,
    RequestEntry,
    UnmatchedEntry,
)

# What a pseudonym looks like: it has the length and the alphabet of what it replaces.
_WORD = re.compile(f"([A-Za-z0-9]{{{LEARNED_SECRET_BYTES_MIN},}})")


class PseudonymPairs:
    """Pairs of words that were met in the same places, one to one. Numbers stand for themselves."""

    def __init__(self) -> None:
        self._partners: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def are_same(self, one: RunEntry, other: RunEntry) -> bool:
        """Say whether two entries say the same, if pairs are; what they pair is remembered."""
        if one == other:
            return True
        text, its = _text(one), _text(other)
        return text is not None and its is not None and self._pair(text, its)

    def _pair(self, one: str, other: str) -> bool:
        parts, others = _WORD.split(one), _WORD.split(other)
        if len(parts) != len(others) or parts[::2] != others[::2]:
            return False
        partners, taken = ChainMap({}, self._partners), ChainMap({}, self._taken)
        for word, its in zip(parts[1::2], others[1::2], strict=True):
            if word.isdigit() or len(word) != len(its):
                if word != its:
                    return False
            elif partners.setdefault(word, its) != its or taken.setdefault(its, word) != word:
                return False
        self._partners.update(partners.maps[0])
        self._taken.update(taken.maps[0])
        return True


def _text(entry: RunEntry) -> str | None:
    """Return all that a client said, as one text; None if it is not text, or not a client's."""
    match entry:
        case RequestEntry(body=Body(base64=b"")) | ConnectEntry():
            return _json(entry)
        case MessageEntry(payload=Body(base64=b"")):
            return _json(entry)
        case PingEntry(payload=Body(base64=b"")) | PongEntry(payload=Body(base64=b"")):
            return _json(entry)
        case BadRequestEntry() | UnmatchedEntry():
            return _json(entry)
        case _:
            return None


def _json(entry: RunEntry) -> str:
    return msgspec.json.encode(entry).decode()
