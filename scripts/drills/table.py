"""The table of drills in Markdown."""

from collections.abc import Iterable, Sequence

from drills.catalogue import DRILLS, Drill
from drills.judging import Verdict

TASKS = {
    "trades": "Reading trades",
    "book": "Keeping an order book",
    "rest": "Asking for the book over REST, four times a second",
}

Verdicts = dict[tuple[str, str], Verdict]


def table(verdicts: Verdicts, clients: Sequence[str]) -> str:
    """Return one table a task."""
    parts = []
    for task, title in TASKS.items():
        drills = [one for one in DRILLS if one.task == task]
        drills = [one for one in drills if any((c, one.name) in verdicts for c in clients)]
        able = [c for c in clients if any((c, one.name) in verdicts for one in drills)]
        if drills:
            parts.append(f"## {title}\n\n" + "\n".join(_rows(verdicts, able, drills)))
    return "\n\n".join(parts) + "\n"


def _rows(verdicts: Verdicts, clients: Sequence[str], drills: Iterable[Drill]) -> list[str]:
    rows = [["drill", *clients], ["---"] * (len(clients) + 1)]
    for drill in drills:
        told = (verdicts.get((client, drill.name)) for client in clients)
        rows.append([drill.title, *(one.outcome if one else "" for one in told)])
    return [f"| {' | '.join(row)} |" for row in rows]
