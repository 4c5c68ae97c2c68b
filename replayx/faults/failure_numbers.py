"""Failures by number: `429` or `-1021` in place of a failure's name in a plan.

Several failures may share a number; it stands for the one that its venue lists first. A status that
nearly every refused request has stands for none of them.
"""

import re
from collections.abc import Iterable

from replayx.venues.fault_side import Failure

_NUMBER = re.compile(r"-?\d{3,5}")
# What any mistake of a client is answered with: their codes tell them apart.
_SHARED_STATUSES = (400,)


def is_number(word: str) -> bool:
    """Say whether a word is a number such as failures have."""
    return _NUMBER.fullmatch(word) is not None


def by_number(failures: Iterable[Failure]) -> dict[str, str]:
    """Return the word of the failure that each status, and each code, stands for."""
    found: dict[str, str] = {}
    for one in failures:
        if one.status not in _SHARED_STATUSES:
            found.setdefault(str(one.status), one.word)
        if one.code:  # 0 is none
            found.setdefault(str(one.code), one.word)
    return found
