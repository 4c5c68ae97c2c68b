"""A benchmark's figures: gathered, judged against their targets, printed."""

import json
import platform
import sys
from collections.abc import Callable


class Report:
    """Figures by name, each with its target, if it has one."""

    def __init__(self, name: str) -> None:
        self._facts: dict[str, object] = {
            "benchmark": name,
            "python": platform.python_version(),
            "machine": platform.machine(),
        }
        self._targets: list[tuple[str, bool, str]] = []

    def note(self, name: str, value: object) -> None:
        """Keep a figure."""
        if isinstance(value, float):
            value = float(f"{value:.4g}")
        self._facts[name] = value
        print(f"  {name}: {value}", file=sys.stderr, flush=True)

    def judge(self, name: str, value: float, test: Callable[[float], bool], target: str) -> None:
        """Keep a figure that has a target."""
        self.note(name, value)
        self._targets.append((name, test(value), target))

    def at_least(self, name: str, value: float, target: float) -> None:
        """Keep a figure that should be at least `target`."""
        self.judge(name, value, lambda v: v >= target, f">= {target:g}")

    def at_most(self, name: str, value: float, target: float) -> None:
        """Keep a figure that should be at most `target`."""
        self.judge(name, value, lambda v: v <= target, f"<= {target:g}")

    def print(self, *, as_json: bool) -> int:
        """Print everything and return how many targets were missed."""
        missed = [name for name, ok, _ in self._targets if not ok]
        if as_json:
            targets = {n: {"target": t, "ok": ok} for n, ok, t in self._targets}
            print(json.dumps({**self._facts, "targets": targets, "missed": missed}))
        else:
            for name, ok, target in self._targets:
                print(f"{'ok    ' if ok else 'MISSED'}  {name} = {self._facts[name]}  ({target})")
        return len(missed)
