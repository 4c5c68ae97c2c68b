"""Child processes of a benchmark: started, watched, ended."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_spawn = multiprocessing.get_context("spawn")


class Served:
    """A `replayx replay` or `replayx record` in a process of its own."""

    def __init__(self, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "replayx", *arguments, "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ready = self.event()
        self.urls: dict[str, dict[str, str]] = ready["listeners"]
        self.control: str = ready.get("control", "")

    def event(self) -> dict[str, Any]:
        """Return the next event it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended with {self.process.wait()}")
        return json.loads(line)

    @property
    def port(self) -> int:
        """The first market's port."""
        return int(next(iter(self.urls.values()))["rest"].rsplit(":", 1)[1])

    def cpu_seconds(self) -> float:
        """Return the processor time it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self, *, peak: bool = False) -> float:
        """Return its resident memory, or the most it has had."""
        name = "VmHWM:" if peak else "VmRSS:"
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no such process")

    def stop(self) -> None:
        """End it as a terminal would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)


@contextmanager
def serving(*arguments: str) -> Iterator[Served]:
    """Run a verb of replayx until the block ends."""
    served = Served(list(arguments))
    try:
        yield served
    finally:
        served.stop()


def begin_when_connected(served: Served, count: int) -> None:
    """Start the timeline of a replay that waits for it, once so many clients are connected."""
    listening = f":{served.port:04X}"
    for _ in range(600):
        table = Path("/proc/net/tcp").read_text().splitlines()
        if sum(listening in line.split()[1] and line.split()[3] == "01" for line in table[1:]) >= (
            count
        ):
            break
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(served.process.pid, signal.SIGUSR1)


def _call(queue: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    queue.put(function(*arguments))


class Child:
    """A function running in a process of its own."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._queue = _spawn.Queue()
        self._process = _spawn.Process(
            target=_call, args=(self._queue, function, arguments), daemon=True
        )
        self._process.start()

    def result(self, *, timeout_s: float = 300) -> Any:
        """Return what the function returned."""
        value = self._queue.get(timeout=timeout_s)
        self._process.join(10)
        return value

    def end(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.join(10)


@contextmanager
def peer(function: Callable[..., None], *arguments: Any) -> Iterator[int]:
    """Run a server function that reports its port first: `function(report, *arguments)`."""
    queue = _spawn.Queue()
    process = _spawn.Process(target=function, args=(queue, *arguments), daemon=True)
    process.start()
    try:
        yield queue.get(timeout=30)
    finally:
        process.terminate()
        process.join(10)
