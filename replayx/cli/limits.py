"""Limits from where people keep them: the venue's own, none, or a TOML file."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from replayx.errors import InvalidOption, LimitExceeded
from replayx.limits import LIMITS_FILE_BYTES_MAX

if TYPE_CHECKING:
    from replayx.ratelimit.limits_document import Limits

_WHERE = "--limits"


def read_limits(text: str) -> "Limits":
    """Return what `venue`, `off` or a file's path means. Raises InvalidOption, LimitExceeded."""
    from replayx.ratelimit.limits_document import NO_LIMITS, VENUE_LIMITS, limits_from_document

    if text in ("venue", "off"):
        return VENUE_LIMITS if text == "venue" else NO_LIMITS
    return limits_from_document(_document(Path(text)), text)


def _document(path: Path) -> object:
    try:
        with path.open("rb") as file:
            data = file.read(LIMITS_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidOption(
            f"{str(path)!r} cannot be read: {error.strerror}",
            expected="venue, off, or a TOML file",
            where=_WHERE,
        ) from error
    if len(data) > LIMITS_FILE_BYTES_MAX:
        raise LimitExceeded(
            "the file is too large", expected=f"{LIMITS_FILE_BYTES_MAX} bytes", where=str(path)
        )
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidOption(f"no TOML: {error}", where=str(path)) from error
