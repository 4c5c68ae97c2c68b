"""A progress bar for long work: only where a person looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Advance = Callable[[int], None]


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Advance]:
    """Show a bar on stderr while the block runs, if that is a terminal. None: no end is known.

    Gives a function that the block calls with how much more was done.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda amount: bar.advance(task, amount)


def file_bytes(path: Path) -> int:
    """Return a file's size, 0 if there is none: who opens it will tell."""
    return path.stat().st_size if path.exists() else 0
