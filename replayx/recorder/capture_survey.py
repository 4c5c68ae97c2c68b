"""A first look at captures: times, order and markets, which a cassette's header needs first."""

from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median_low

import msgspec

from replayx.cassette.ndjson import CaptureLine, TimeNs, decode_line, invalid_line, split_url
from replayx.cassette.records import Market
from replayx.clock import NS_PER_MS
from replayx.errors import InvalidCapture
from replayx.recorder.capture_file import read_lines
from replayx.venues.registry import venue_of_host
from replayx.venues.venue import Role, Venue

# Lines from the start of each file that tell how far its clock is from the venue's.
_SAMPLE_LINES = 1000
# The market of lines without a URL.
_NOWHERE = "unknown"


class _Glance(msgspec.Struct):
    """What the first pass reads of a line."""

    t: TimeNs | None
    src: str
    url: str | None = None


_glance = msgspec.json.Decoder(_Glance).decode


class Place(msgspec.Struct, frozen=True):
    """Whose a base URL is: the market's name, what the URL is for, and the venue if it is known."""

    market: str
    role: str
    base: str
    venue: Venue | None


class Survey(msgspec.Struct):
    """What a first pass over all files found."""

    line_count: int = 0
    first_ns: int | None = None  # the earliest time there is
    unordered: set[Path] = msgspec.field(default_factory=set)
    bases: dict[tuple[str, str], None] = msgspec.field(default_factory=dict)  # (base URL, src)


def place_of(base: str, src: str) -> Place:
    """Return whose `base` is, on a line of this `src`."""
    host = base.partition("://")[2].rpartition("@")[2]
    known = venue_of_host(host) if host else None
    if src == "rest":
        role = Role.REST
    else:
        role = Role.WS_API if known is not None and known[1] is Role.WS_API else Role.STREAM
    if known is None:
        return Place(host.partition(":")[0] or _NOWHERE, role.value, base, None)
    return Place(known[0].name, role.value, base, known[0])


def survey(paths: Iterable[Path], advance: Callable[[int], None]) -> Survey:
    """Look at every line, calling `advance` with the number of lines seen.

    Raises ReplayxError, InvalidCapture.
    """
    found = Survey()
    for path in paths:
        _survey_file(path, found, advance)
    if not found.line_count:
        names = ", ".join(map(str, paths))
        raise InvalidCapture("not one line", where=names, hint="Give NDJSON captures")
    return found


def _survey_file(path: Path, found: Survey, advance: Callable[[int], None]) -> None:
    last_ns = -1
    count = 0
    seen: tuple[str | None, str] = (None, "")
    for number, data in read_lines(path):
        try:
            line = _glance(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise invalid_line(error, str(path), number) from error
        count += 1
        if (line.url, line.src) != seen:
            seen = (line.url, line.src)
            found.bases.setdefault((split_url(line.url or "")[0], line.src))
        # Lines without a time come first.
        at_ns = -1 if line.t is None else line.t
        if at_ns < last_ns:
            found.unordered.add(path)
        last_ns = at_ns
        if at_ns >= 0 and (found.first_ns is None or at_ns < found.first_ns):
            found.first_ns = at_ns
        if not count % 4096:
            advance(4096)
    advance(count % 4096)
    found.line_count += count


def markets(places: Iterable[Place]) -> tuple[Market, ...]:
    """Return the header's markets; of several base URLs for one role, the first stands there."""
    hosts: dict[str, dict[str, str]] = {}
    dates: dict[str, str] = {}
    for place in places:
        roles = hosts.setdefault(place.market, {})
        if place.base:
            roles.setdefault(place.role, place.base)
        dates[place.market] = place.venue.api_date if place.venue else ""
    return tuple(Market(name, dates[name], roles) for name, roles in hosts.items())


def clock_offset_ns(paths: Iterable[Path]) -> int | None:
    """Estimate (the venue's clock - the recorder's): the median over each file's first lines."""
    samples = [sample for path in paths for sample in _offsets(path)]
    return median_low(samples) if samples else None


def _offsets(path: Path) -> Iterable[int]:
    for number, data in read_lines(path):
        if number > _SAMPLE_LINES:
            return
        line = decode_line(data, str(path), number)
        if (offset := _offset(line)) is not None:
            yield offset


def _offset(line: CaptureLine) -> int | None:
    if line.t is None or line.ev != "msg" or line.raw is None or line.url is None:
        return None
    venue = place_of(split_url(line.url)[0], line.src).venue
    if venue is None:
        return None
    prefix, suffix = envelope_of(line.stream or "", payload := line.raw.encode())
    event_ms = venue.event_time_ms(payload[len(prefix) : len(payload) - len(suffix)])
    return None if event_ms is None else event_ms * NS_PER_MS - line.t


def envelope_of(stream: str, payload: bytes) -> tuple[bytes, bytes]:
    """Return what stands around a stream's own payload: README of the captures, `stream`."""
    prefix = b'{"stream":%s,"data":' % msgspec.json.encode(stream)
    if stream and payload.startswith(prefix) and payload.endswith(b"}"):
        return prefix, b"}"
    return b"", b""
