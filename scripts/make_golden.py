"""Make the golden cassettes and their JSON views: `python -m scripts.make_golden`, from the root.

A golden cassette is kept for ever: whatever release reads it must find what its view says. New
features get new files; these are written again only if the format was wrong before a release.
"""

import base64
import json
from pathlib import Path

import msgspec

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import SYNC, AnyEvent
from replayx.errors import CassetteError
from tests.cassettes import write_small

FOLDER = Path(__file__).resolve().parents[1] / "cassettes"
# Zeros that stand behind an unfinished file's last record; a real recorder leaves 256 KiB.
UNUSED_BYTES = 100


def main() -> None:
    """Write the files that are not there yet."""
    for name, make in {
        "golden-finished": write_small,
        "golden-unfinished": _unfinished,
        "golden-damaged": _damaged,
    }.items():
        path = FOLDER / f"{name}.rpx"
        if not path.exists():
            make(path)
            path.with_suffix(".json").write_text(as_text(view(path)))
            print(path)


def _unfinished(path: Path) -> None:
    """Write a file as `kill -9` leaves it: no index, and unused space at its end."""
    write_small(path, finished=False)
    data = path.read_bytes().rstrip(b"\0")
    path.write_bytes(data + bytes(UNUSED_BYTES))


def _damaged(path: Path) -> None:
    """Write a file with a wrong bit in its second chunk."""
    write_small(path)
    with CassetteReader(path) as reader:
        offset = reader.chunks.offsets[1]
    data = bytearray(path.read_bytes())
    data[data.index(SYNC, offset) + 60] ^= 0x10
    path.write_bytes(data)


def view(path: Path) -> dict[str, object]:
    """Return everything that a cassette says, as JSON has it."""
    with CassetteReader(path) as reader:
        found: dict[str, object] = {
            "is_finished": reader.is_finished,
            "header": fields(reader.header),
            "channels": [fields(channel) for channel in reader.channels.values()],
            "interactions": [
                [ref.at_ns, ref.chunk, ref.place, fields(ref.entry)]
                for ref in reader.interactions()
            ],
            "chunks": [],
            "damage_at": None,
        }
        chunks = []
        try:
            for batch in reader.checked_batches():
                chunks.append(
                    {
                        "start_ns": batch.start_ns,
                        "end_ns": batch.end_ns,
                        "wall_offset_ns": batch.wall_offset_ns,
                        "flags": batch.flags,
                        "items": [
                            _event(item)
                            if not isinstance(item, int)
                            else {
                                "at": batch.at[item],
                                "channel": batch.channel[item],
                                "opcode": batch.opcode(item),
                                "payload": _text(bytes(batch.payload(item))),
                            }
                            for item in batch.in_order()
                        ],
                    }
                )
        except CassetteError as error:
            found["damage_at"] = error.offset
        found["chunks"] = chunks
    return found


def as_text(found: dict[str, object]) -> str:
    """Return a view as it is kept beside its cassette."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def fields(struct: msgspec.Struct) -> dict[str, object]:
    """Return a record's fields by name; bytes as text, or as base64."""
    return {name: _plain(value) for name, value in msgspec.structs.asdict(struct).items()}


def _event(event: AnyEvent) -> dict[str, object]:
    return {"event": type(event).__name__, **fields(event)}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, msgspec.Struct):
        return fields(value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(data).decode()}"


if __name__ == "__main__":
    main()
