"""Where a replay leaves the address of its control API, for `replayx ctl` of the same user.

A file a process, in a folder that nobody else can read: it may hold the token.
"""

import os
import tempfile
from pathlib import Path

import msgspec

from replayx.errors import InvalidOption, StorageFailure

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class ControlPlace(msgspec.Struct, frozen=True):
    """A replay that can be controlled: its process, its URL, its token, what it plays."""

    pid: int
    control: str
    token: str
    cassettes: tuple[str, ...]


def folder() -> Path:
    """Return the folder: in XDG_RUNTIME_DIR, or else one of the user's own for temporary files."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "replayx"
    return Path(tempfile.gettempdir()) / f"replayx-{os.getuid()}"


def leave(place: ControlPlace) -> Path:
    """Write the file of a replay; whoever made it removes it. Raises StorageFailure."""
    where = folder()
    path = where / f"control-{place.pid}.json"
    try:
        where.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        if not _is_own(where):
            raise StorageFailure(
                "others may write there", expected=f"a folder of your own: chmod 700 {where}",
                where=str(where),
            )  # fmt: skip
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(place))
        part.replace(path)
    except OSError as error:
        raise StorageFailure(f"cannot be written: {error.strerror}", where=str(path)) from error
    return path


def found() -> list[ControlPlace]:
    """Return the replays that run, oldest first, and remove the files of those that don't.

    Raises InvalidOption if others could have written there.
    """
    where = folder()
    if not where.exists():
        return []
    if not _is_own(where):
        raise InvalidOption(
            f"others may write to {where}", expected="a folder of your own", hint="Give --url"
        )
    places: list[tuple[float, ControlPlace]] = []
    for path in where.glob("control-*.json"):
        try:
            place = msgspec.json.decode(path.read_bytes(), type=ControlPlace)
            since = path.stat().st_mtime
        except (FileNotFoundError, msgspec.DecodeError):
            continue  # gone just now, or of another release
        if _is_running(place.pid):
            places.append((since, place))
        else:
            path.unlink(missing_ok=True)
    return [place for _, place in sorted(places, key=lambda pair: (pair[0], pair[1].pid))]


def _is_own(where: Path) -> bool:
    status = where.lstat()
    is_private = not status.st_mode & 0o077
    return where.is_dir() and not where.is_symlink() and status.st_uid == os.getuid() and is_private


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # there, and somebody else's
    return True
