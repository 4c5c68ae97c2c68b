"""Who a client says it is: limits are kept, and faults are drawn, for each of them apart.

All clients of this machine have one address. One that is to be told apart names itself, in its path
(`/~name/...`, before or behind a timeline's) or in a header.
"""

import re

from replayx.errors import InvalidOption

HEADER = "X-Replayx-Client"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MARKS = ("/~", "/%7e", "/%7E")
_PREFIX = re.compile(r"/(?:~|%7[eE])([^/?]*)")
_LOOPBACK = ("127.", "::1", "::ffff:127.")


def split_client(target: str) -> tuple[str, str]:
    """Split `/~name/path` into the name, empty if there is none, and the target behind it."""
    match = _PREFIX.match(target) if target.startswith(_MARKS) else None
    if match is None:
        return "", target
    rest = target[match.end() :]
    return match[1] or "~", rest if rest.startswith("/") else f"/{rest}"


def client_of(name: str, remote: str | None) -> str:
    """Return who a client is: what it calls itself, else its address; of this machine, nobody.

    Raises InvalidOption if that can be no name.
    """
    if not name:
        return "" if remote is None or remote.startswith(_LOOPBACK) else remote
    if _NAME.fullmatch(name) is None:
        raise InvalidOption(
            f"the client {name[:80]!r}",
            expected="a name of at most 64 letters, digits, dots, hyphens and underscores",
        )
    return name
