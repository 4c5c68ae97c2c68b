"""The timelines of a server: sessions over the same cassettes, each with a clock of its own.

Clients share one timeline unless they ask for another by name: with the first segment of the path
(`/@name/...`), with a header, or by a port that belongs to it. It is made when it is first asked
for.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from replayx.errors import InvalidOption, LimitExceeded
from replayx.limits import TIMELINES_MAX
from replayx.server.pump import Pump

HEADER = "X-Replayx-Timeline"
SHARED = ""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MARKS = ("/@", "/%40")
_PREFIX = re.compile(r"/(?:@|%40)([^/?]*)")


class Timelines:
    """The timelines by name; the shared one is the first, and its name is empty."""

    def __init__(self, make: Callable[[str], Pump]) -> None:
        """`make` is given a timeline's name."""
        self._make = make
        self._pumps: dict[str, Pump] = {SHARED: make(SHARED)}
        self._is_turning = False

    @property
    def by_name(self) -> Mapping[str, Pump]:
        """Every timeline there is."""
        return MappingProxyType(self._pumps)

    @property
    def shared(self) -> Pump:
        """The timeline of those who ask for no other."""
        return self._pumps[SHARED]

    def get(self, name: str) -> Pump:
        """Return the timeline of that name, a new one if there is none yet.

        Raises InvalidOption, LimitExceeded.
        """
        pump = self._pumps.get(name)
        if pump is None:
            check_name(name)
            if len(self._pumps) >= TIMELINES_MAX:
                raise LimitExceeded(
                    f"the timeline {name!r}", expected=f"at most {TIMELINES_MAX} timelines"
                )
            pump = self._pumps[name] = self._make(name)
            if self._is_turning:
                pump.start()
        return pump

    def start(self) -> None:
        """Let all of them turn."""
        self._is_turning = True
        for pump in self._pumps.values():
            pump.start()

    def stop(self) -> None:
        """Let none of them turn any more."""
        self._is_turning = False
        for pump in self._pumps.values():
            pump.stop()


def check_name(name: str) -> str:
    """Return a timeline's name. Raises InvalidOption if it can be none."""
    if _NAME.fullmatch(name) is None:
        raise InvalidOption(
            f"the timeline {name[:80]!r}",
            expected="a name of at most 64 letters, digits, dots, hyphens and underscores",
        )
    return name


def split_timeline(target: str) -> tuple[str, str]:
    """Split `/@name/path` into the name, empty if there is none, and the target behind it."""
    match = _PREFIX.match(target) if target.startswith(_MARKS) else None
    if match is None:
        return "", target
    rest = target[match.end() :]
    return match[1] or "@", rest if rest.startswith("/") else f"/{rest}"
