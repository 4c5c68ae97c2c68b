"""Verify and repair: what is wrong with a file, and everything readable saved into a new one."""

import os
from collections.abc import Callable
from contextlib import closing

import msgspec

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.record_file import RecordFile
from replayx.cassette.records import (
    FORMAT_VERSION,
    Channel,
    ChannelKind,
    Gap,
    Header,
    Market,
)
from replayx.cassette.survey import Problem, Survey, reseal, survey
from replayx.cassette.writer import CassetteWriter


class VerifyReport(msgspec.Struct, frozen=True):
    """What a check of every byte found. `problems` are the first thousand of `problem_count`."""

    path: str
    file_bytes: int
    is_finished: bool
    record_count: int
    chunk_count: int
    frame_count: int
    event_count: int
    problem_count: int
    problems: list[Problem]

    @property
    def is_damaged(self) -> bool:
        """Whether anything is wrong. An unfinished file is not wrong."""
        return self.problem_count > 0


class RepairReport(msgspec.Struct, frozen=True):
    """What a repair saved and what is lost.

    `lost_frame_count` is None where the index, which would tell, is lost as well.
    `lost_channel_count`: channels of which only the number is known.
    """

    source: str
    target: str
    chunk_count: int
    frame_count: int
    event_count: int
    lost_bytes: int
    lost_span_count: int
    lost_frame_count: int | None
    lost_channel_count: int
    is_header_lost: bool
    problem_count: int
    problems: list[Problem]


def verify(
    path: str | os.PathLike[str], *, advance: Callable[[int], None] = lambda _: None
) -> VerifyReport:
    """Check every record of a cassette, and its index against the records.

    Raises NotACassette, UnsupportedFormat; everything else is in the report.
    """
    with closing(RecordFile(path)) as file:
        found = survey(file, advance)
        return VerifyReport(
            str(path),
            file.file_bytes,
            found.is_finished,
            found.record_count,
            len(found.offsets),
            found.built.frame_count,
            found.built.event_count,
            found.problem_count,
            found.problems,
        )


def repair(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> RepairReport:
    """Write everything readable of `source` into a new cassette, a Gap event for each hole.

    The source is only read. Raises NotACassette, UnsupportedFormat, WouldOverwrite,
    StorageFailure; no target is left behind then.
    """
    with closing(RecordFile(source)) as file:
        found = survey(file, advance)
        channels = _channels(found)
        writer = CassetteWriter(target, _header(found, channels))
        try:
            _rewrite(found, channels, writer)
            writer.finish()
        except BaseException:
            writer.abandon()
            writer.path.unlink()  # made above
            raise
    written = writer.summary
    return RepairReport(
        str(source),
        str(target),
        len(found.offsets),
        written.frame_count,
        written.event_count,
        found.lost_bytes,
        len(found.lost),
        found.lost_frame_count(),
        sum(one.kind is ChannelKind.OPAQUE and one.market == _LOST for one in channels.values()),
        found.header is None,
        found.problem_count,
        found.problems,
    )


# The market of a channel whose record is lost.
_LOST = "unknown"


def _channels(found: Survey) -> dict[int, Channel]:
    """Return all channels: those declared, those only the index has, and those nobody names."""
    channels = dict(found.channels)
    if found.index is not None:
        for channel in found.index.declared:
            channels.setdefault(channel.number, channel)
    for number in sorted(found.used_channels):
        channels.setdefault(number, Channel(number, _LOST, "", ChannelKind.OPAQUE))
    return channels


def _header(found: Survey, channels: dict[int, Channel]) -> Header:
    """Return the header, or one made of what is known if it is lost."""
    note = f"repaired: {found.lost_bytes} bytes were unreadable"
    if found.header is not None:
        before = f"{found.header.note}; " if found.header.note else ""
        return msgspec.structs.replace(found.header, note=before + note)
    names = dict.fromkeys(channel.market for channel in channels.values())
    markets = tuple(Market(name) for name in names) or (Market(_LOST),)
    return Header(
        FORMAT_VERSION, "unknown", "recorded", found.start_ns, 0, None, "unknown", markets, 1, note
    )


def _rewrite(found: Survey, channels: dict[int, Channel], writer: CassetteWriter) -> None:
    for channel in channels.values():
        writer.declare(channel)
    markets = [market.name for market in found.header.markets] if found.header else [""]
    last_ns = found.start_ns
    lost = list(found.lost)
    for ordinal, offset in enumerate(found.offsets):
        while lost and lost[0].chunk <= ordinal:
            _write_gap(writer, last_ns, markets, lost.pop(0).offset)
        chunk = reseal(found.chunk(offset))
        writer.write(chunk)
        last_ns = chunk.end_ns
    for span in lost:
        _write_gap(writer, last_ns, markets, span.offset)


def _write_gap(writer: CassetteWriter, at_ns: int, markets: list[str], offset: int) -> None:
    """Write a chunk that says where the hole is: all connections of all markets lost data."""
    chunk = OpenChunk(at_ns)
    for market in markets:
        chunk.add(Gap(0, at_ns, market, 0, "", f"damaged at byte {offset}"))
    writer.write(chunk.seal())
