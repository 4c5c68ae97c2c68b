"""What was injected, as entries of a transcript: one a rule and link, however many runs it has."""

from collections.abc import Iterable

from replayx.faults.fault_log import Injected
from replayx.limits import FAULT_ENTRY_RUNS_MAX
from replayx.session.transcript_entry import FaultEntry, Place


def fault_entries(
    injected: Iterable[Injected], place: Place, *, runs_max: int | None = FAULT_ENTRY_RUNS_MAX
) -> list[FaultEntry]:
    """Return the entries of what was injected, one a rule and link, all at one place."""
    trails: dict[tuple[str, str], list[Injected]] = {}
    for one in injected:
        trails.setdefault((one.rule, one.link), []).append(one)
    return [
        FaultEntry(
            seq=place["seq"] + number,
            at_ns=place["at_ns"],
            now_ns=place["now_ns"],
            rule=rule,
            toxic=runs[0].toxic,
            market=runs[0].market,
            link=link,
            count=sum(one.last - one.first + 1 for one in runs),
            runs=tuple((one.first, one.last) for one in runs[:runs_max]),
        )
        for number, ((rule, link), runs) in enumerate(trails.items())
    ]
