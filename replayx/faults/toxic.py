"""The Toxic protocol: what a fault is, and what it does where it acts.

A toxic is a frozen struct of its attributes, as a plan has them, and makes what runs on one link.
What runs may keep state (a bucket, a burst), of that link alone. Chance comes as numbers between
0 and 1, as many a message as `draws` says, whether it fires or not: a decision depends on the
seed, the toxic's name in the plan, the link and the message's index, and on nothing else.

    plan ── Rule(name, toxic, where, when) ──> on a link: selector (which messages) ──> apply
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar, Protocol

import msgspec

from replayx.faults.flow import Flow
from replayx.faults.link import Link
from replayx.faults.round_trip import Attempt, RoundTrip


class Stage(IntEnum):
    """In which order toxics act on a link, whatever the order of the plan.

    MESSAGE: what the venue says and when. FRAME: how it is framed. TRANSPORT: when it arrives; from
    here on nothing overtakes anything. BYTES: how it is cut.
    """

    MESSAGE = 0
    FRAME = 1
    TRANSPORT = 2
    BYTES = 3


class Draws(Protocol):
    """Chance for the messages of a flow."""

    def column(self, number: int) -> Sequence[float]:
        """Return draw `number` of each message, all in [0, 1)."""
        ...


class LinkToxic(Protocol):
    """A toxic that runs on one link."""

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Change what becomes of the `fired` messages; return those it did something to.

        `fired` are message positions in the flow, ascending, which the rule selects. A message
        may be gone from `flow.parts` already, or stand there twice.
        """
        ...


class RequestToxic(Protocol):
    """A toxic that runs on the requests of one link."""

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Change what becomes of a request that the rule selects; say whether it did."""
        ...


class ConnectToxic(Protocol):
    """A toxic that runs on handshakes."""

    def apply(self, attempt: Attempt, draws: Sequence[float]) -> bool:
        """Change what becomes of a handshake that the rule selects; say whether it did."""
        ...


class Toxic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The attributes of a toxic. The docstring's first line is what `replayx faults list` shows.

    type: its name in a plan. source: which document describes such a failure. stage: where on a
    link it acts. draws: how many numbers it takes a message, request or handshake. is_on_control:
    at the stages MESSAGE and FRAME, whether it also acts on what is no stream's (pings, answers);
    from TRANSPORT on everything passes. cuts: whether it may break frames on purpose. What it does
    not act on, it makes None for.
    """

    type: ClassVar[str]
    source: ClassVar[str] = ""
    stage: ClassVar[Stage] = Stage.MESSAGE
    draws: ClassVar[int] = 0
    is_on_control: ClassVar[bool] = False
    cuts: ClassVar[bool] = False

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what runs on the messages of a link; None: it doesn't act on them."""
        del link
        return None

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what runs on the requests of a link; None: it doesn't act on them."""
        del link
        return None

    def on_handshakes(self, link: Link) -> ConnectToxic | None:
        """Return what runs on handshakes; None: it doesn't act on them."""
        del link
        return None
