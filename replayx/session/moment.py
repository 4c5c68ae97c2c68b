"""A moment: one call of a session, and all that it led to."""

from collections.abc import Sequence
from typing import NamedTuple

from replayx.faults.fault_log import Injected
from replayx.session.effects import AnyEffect
from replayx.session.inputs import AnyInput


class Moment(NamedTuple):
    """What a session was given at `now_ns`, None if time alone, and what it did.

    from_ns, at_ns: its position on the tape before and after. unmatched: requests that the tape
    could not answer, in words.
    """

    given: AnyInput | None
    now_ns: int
    from_ns: int
    at_ns: int
    effects: Sequence[AnyEffect]
    injected: Sequence[Injected] = ()
    unmatched: Sequence[str] = ()
