"""corrupt: messages that say something else, or nothing that can be read.

The frame stays whole and tells its new length: what is broken is what a client's parser gets.
"""

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import ClassVar, Literal

from replayx.faults.flow import Flow, Part
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import changed, reframed, standing, unframed
from replayx.faults.round_trip import Edit, RoundTrip
from replayx.faults.toxic import Draws, LinkToxic, RequestToxic, Toxic

_BRACKET = re.compile(rb"[{}\[\]]")
# A number, or one in quotes, where a JSON value may stand: a name has a colon behind it.
_NUMBER = re.compile(rb'(?<=[:\[,])\s*("?)(-?\d+(?:\.\d+)?)\1(?=\s*[,}\]])')


class Corrupt(Toxic, frozen=True, kw_only=True):
    """Messages are damaged: a bit flips, the end is missing, or they are not what they should be.

    how: `bit`: one bit flips. `truncate`: the payload ends early. `json`: a bracket is missing.
    `type`: a number becomes a text, a text a number, or either null.
    """

    type: ClassVar[str] = "corrupt"
    source: ClassVar[str] = "netem(8): corrupt"
    draws: ClassVar[int] = 2

    how: Literal["bit", "truncate", "json", "type"] = "bit"

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what damages messages of a link."""
        return None if link.carrier is Carrier.REST else DamagingLink(_DAMAGES[self.how])

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what damages answers: those of the WebSocket API are no stream's messages."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return DamagedAnswers(self.how) if is_there else None


class DamagedAnswers:
    """Damages the bodies of answers."""

    def __init__(self, how: str) -> None:
        self._how = how

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Damage an answer."""
        trip.edits += (Edit(self._how, draws[0]),)
        return True


class DamagingLink:
    """Damages payloads."""

    def __init__(self, damage: "Damage") -> None:
        self._damage = damage

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Damage what fired, where there is anything to damage."""
        places, kinds = draws.column(0), draws.column(1)
        touched: list[int] = []

        def damage(part: Part, k: int) -> tuple[Part, ...]:
            framed = flow.bytes_of(part)
            payload = unframed(framed)
            damaged = self._damage(payload, places[k], kinds[k])
            if damaged == payload:
                return (part,)
            if k not in touched[-1:]:
                touched.append(k)
            return (part._replace(data=reframed(framed, damaged)),)

        flow.parts = changed(flow.parts, standing(flow, fired), damage)
        return sorted(set(touched))


# Payload, where, which -> what becomes of it.
Damage = Callable[[bytes, float, float], bytes]


def flip_bit(payload: bytes, where: float, which: float) -> bytes:
    """Return a payload in which one bit of an ASCII character is another.

    Neither the highest, nor a character of several bytes: it still is UTF-8.
    """
    for place in _from(int(where * len(payload)), len(payload)):
        if payload[place] < 0x80:
            flipped = payload[place] ^ 1 << int(which * 7)
            return payload[:place] + bytes((flipped,)) + payload[place + 1 :]
    return payload


def cut_short(payload: bytes, where: float, which: float) -> bytes:
    """Return the beginning of a payload, which ends with a whole character."""
    del which
    length = int(where * len(payload))
    while length and payload[length] & 0xC0 == 0x80:
        length -= 1
    return payload[:length]


def break_json(payload: bytes, where: float, which: float) -> bytes:
    """Return a payload without one of its brackets."""
    del which
    found = list(_BRACKET.finditer(payload))
    if not found:
        return b"{" + payload
    bracket = found[int(where * len(found))]
    return payload[: bracket.start()] + payload[bracket.end() :]


def change_type(payload: bytes, where: float, which: float) -> bytes:
    """Return a payload in which a number is a text, a text a number, or either is null."""
    found = list(_NUMBER.finditer(payload))
    if not found:
        return payload
    value = found[int(where * len(found))]
    quote, digits = value[1], value[2]
    swapped = b"null" if which < 0.5 else digits if quote else b'"' + digits + b'"'
    return payload[: value.start()] + swapped + payload[value.end() :]


def _from(first: int, count: int) -> Sequence[int]:
    return [*range(first, count), *range(first)]


_DAMAGES = MappingProxyType(
    {"bit": flip_bit, "truncate": cut_short, "json": break_json, "type": change_type}
)
