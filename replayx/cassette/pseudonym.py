"""Pseudonyms: what stands in a recording for an identifier, of the same length and alphabet.

A pseudonym is a keyed hash of the value, so the same value has the same pseudonym throughout a
recording and another one in the next: the key is drawn when a recording begins and never stored.
"""

import re
from hashlib import blake2b
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

# From narrow to wide: a value's pseudonym is drawn from the first that holds all of its characters,
# so that a venue's checks of shape (64 hexadecimal digits, a number) still pass.
_ALPHABETS = tuple(
    alphabet.encode()
    for alphabet in (
        digits,
        digits + "abcdef",
        digits + "ABCDEF",
        digits + ascii_lowercase,
        digits + ascii_uppercase,
        digits + ascii_letters,
    )
)
_ALNUM = frozenset(_ALPHABETS[-1])
_DIGEST_BYTES = 64  # blake2b's largest
_FIRST_HIGH_BYTE = 0x80  # letters beyond ASCII, in UTF-8

URL_UNIT = re.compile(rb"%[0-9A-Fa-f]{2}|.", re.DOTALL)
JSON_UNIT = re.compile(rb"\\u[0-9A-Fa-f]{4}|\\[^u]|.", re.DOTALL)


def pseudonym(value: bytes, key: bytes) -> bytes:
    """Return the pseudonym of `value`: other letters and digits, punctuation in its place."""
    replaced = [at for at, byte in enumerate(value) if _is_replaced(byte)]
    if not replaced:
        return value
    alphabet = _alphabet({value[at] for at in replaced})
    attempt = 0
    while True:
        stream = _key_stream(value, key, attempt, len(replaced))
        result = bytearray(value)
        for at, draw in zip(replaced, stream, strict=True):
            result[at] = alphabet[draw % len(alphabet)]
        if value[:1] != b"0" and result[:1] == b"0" and alphabet is _ALPHABETS[0]:
            result[0] = alphabet[1 + stream[0] % 9]  # JSON numbers have no leading zero
        if result != value:
            return bytes(result)
        attempt += 1  # short values only: one digit in ten draws itself


def disguise(raw: bytes, unit: re.Pattern[bytes], key: bytes) -> tuple[bytes, bytes, bytes]:
    """Return (plain, its pseudonym, the pseudonym escaped as `raw` was).

    `unit` matches one character as `raw` writes it: URL_UNIT or JSON_UNIT.
    """
    if b"%" not in raw and b"\\" not in raw:
        cover = pseudonym(raw, key)
        return raw, cover, cover
    units = unit.findall(raw)
    plain = bytes(map(_plain, units))
    cover = pseudonym(plain, key)
    rows = zip(units, plain, cover, strict=True)
    return plain, cover, b"".join(_escaped(written, old, new) for written, old, new in rows)


def _is_replaced(byte: int) -> bool:
    return byte in _ALNUM or byte >= _FIRST_HIGH_BYTE


def _alphabet(used: set[int]) -> bytes:
    return next((a for a in _ALPHABETS if used <= set(a)), _ALPHABETS[-1])


def _key_stream(value: bytes, key: bytes, attempt: int, count: int) -> bytes:
    blocks = range(-(-count // _DIGEST_BYTES))
    salts = (f"{attempt}/{block}".encode() for block in blocks)
    stream = b"".join(blake2b(value, key=key, salt=salt).digest() for salt in salts)
    return stream[:count]


def _plain(unit: bytes) -> int:
    if len(unit) == 1:
        return unit[0]
    if unit[:1] == b"%":
        return int(unit[1:], 16)
    if unit[:2] == b"\\u":
        return min(int(unit[2:], 16), 0xFF)
    return 0x0A if unit[1] in _ALNUM else unit[1]  # \n is no letter n


def _escaped(unit: bytes, old: int, new: int) -> bytes:
    if old == new:
        return unit
    if len(unit) == 1:
        return bytes((new,))
    if unit[:1] == b"%":
        return b"%%%02X" % new
    return b"\\u%04x" % new if unit[:2] == b"\\u" else unit[:1] + bytes((new,))
