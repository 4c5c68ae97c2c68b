"""What toxics do to the parts of a flow: leave messages out, delay them, put others in place.

A run of messages stays one part as long as all of it shares a fate, so that what happens to few
messages, or to all of them alike, costs nothing a message.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

from replayx.faults.flow import NEVER_NS, Flow, Part
from replayx.framing import frame_header, header_bytes

# What becomes of a part that holds message k alone.
Change = Callable[[Part, int], Iterable[Part]]


def later(due_ns: int, delay_ns: int) -> int:
    """Return a time that is later by a delay. What is held until it is let go stays held."""
    return min(due_ns + delay_ns, NEVER_NS)


def standing(flow: Flow, places: Sequence[int]) -> Sequence[int]:
    """Return those of `places` that are still in the flow, ascending."""
    if len(flow.parts) == 1 and flow.parts[0].first == 0 and flow.parts[0].stop == flow.count:
        return places
    spans = sorted({(part.first, part.stop) for part in flow.parts})
    found: list[int] = []
    reached = 0
    for first, stop in spans:
        begin = max(first, reached)
        found += places[bisect_left(places, begin) : bisect_left(places, stop)]
        reached = max(reached, stop)
    return places if len(found) == len(places) else found


def left_out(parts: Iterable[Part], gone: Sequence[int]) -> list[Part]:
    """Return parts without the messages `gone`, which ascend."""
    kept: list[Part] = []
    for part in parts:
        low, high = bisect_left(gone, part.first), bisect_left(gone, part.stop)
        if low == high:
            kept.append(part)
        elif part.data is None:
            kept += _around(part, gone[low:high])
    return kept


def _around(part: Part, gone: Sequence[int]) -> Iterable[Part]:
    first, stop, due_ns, _, behind = part
    if len(gone) < stop - first:
        for k in gone:
            if k > first:
                yield Part(first, k, due_ns, None, behind)
            first = k + 1
        if first < stop:
            yield Part(first, stop, due_ns, None, behind)


def delayed(parts: Iterable[Part], places: Sequence[int], delay_ns: int) -> list[Part]:
    """Return parts of which the messages `places`, which ascend, are later; NEVER_NS holds them."""
    moved: list[Part] = []
    for part in parts:
        first, stop, due_ns, data, behind = part
        low, high = bisect_left(places, first), bisect_left(places, stop)
        if low == high:
            moved.append(part)
        elif data is not None or high - low == stop - first:
            moved.append(Part(first, stop, later(due_ns, delay_ns), data, behind))
        else:
            late_ns = later(due_ns, delay_ns)
            for run_first, run_stop in runs(places[low:high]):
                if run_first > first:
                    moved.append(Part(first, run_first, due_ns, None, behind))
                moved.append(Part(run_first, run_stop, late_ns, None, behind))
                first = run_stop
            if first < stop:
                moved.append(Part(first, stop, due_ns, None, behind))
    return moved


def put_off(
    parts: Iterable[Part], places: Sequence[int], delay_ns: Mapping[int, int]
) -> list[Part]:
    """Return parts of which each of `places`, which ascend, is later by a delay of its own."""

    def late(part: Part, k: int) -> tuple[Part]:
        first, stop, due_ns, data, behind = part
        return (Part(first, stop, later(due_ns, delay_ns[k]), data, behind),)

    return changed(parts, places, late)


def runs(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield (first, stop) of each run of consecutive numbers in `places`, which ascend."""
    if isinstance(places, range) and places.step == 1:
        yield places.start, places.stop
        return
    first = stop = -1
    for k in places:
        if k != stop:
            if stop > first:
                yield first, stop
            first = k
        stop = k + 1
    if stop > first:
        yield first, stop


def changed(parts: Iterable[Part], places: Sequence[int], change: Change) -> list[Part]:
    """Return parts in which each of `places`, which ascend, became what `change` makes of it.

    A message that stands there twice is changed twice.
    """
    made: list[Part] = []
    for part in parts:
        first, stop, due_ns, data, behind = part
        touched = places[bisect_left(places, first) : bisect_left(places, stop)]
        if data is not None:
            if touched:
                made += change(part, touched[0])
            else:
                made.append(part)
            continue
        for k in touched:
            if k > first:
                made.append(Part(first, k, due_ns, None, behind))
            made += change(Part(k, k + 1, due_ns, None, behind), k)
            first = k + 1
        if first < stop:
            made.append(Part(first, stop, due_ns, None, behind))
    return made


def cut_behind(parts: Sequence[Part], last: int) -> list[Part]:
    """Return the parts up to the first that holds message `last`, and of that what is up to it."""
    kept: list[Part] = []
    for part in parts:
        if not part.first <= last < part.stop:
            kept.append(part)
            continue
        kept.append(part if part.data is not None else part._replace(stop=last + 1))
        break
    return kept


def cut_before(parts: Sequence[Part], first: int) -> list[Part]:
    """Return the parts up to the first that holds message `first`, and of that what is before."""
    kept = cut_behind(parts, first)
    if kept and kept[-1].first <= first < kept[-1].stop:
        last = kept.pop()
        if last.data is None and last.first < first:
            kept.append(last._replace(stop=first))
    return kept


def reframed(framed: bytes | memoryview, payload: bytes) -> bytes:
    """Return a frame with another payload. Not for frames that toxics broke on purpose."""
    return frame_header(len(payload), framed[0] & 0x0F) + payload


def unframed(framed: bytes | memoryview) -> bytes:
    """Return the payload of one frame."""
    return bytes(framed[header_bytes(framed[1]) :])
