"""Plots for the documentation."""

from collections.abc import Sequence
from pathlib import Path

_POINTS_MAX = 4000  # of a run: more make the file larger, not clearer


def plot_lateness(path: Path, runs: Sequence[tuple[str, Sequence[int], Sequence[int]]]) -> None:
    """Draw each run's lateness over its time, and how it is distributed. Needs matplotlib."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, (over_time, shares) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for name, due_ns, late_ns in runs:
        every = max(1, len(late_ns) // _POINTS_MAX)
        at_s = [due / 1e9 for due in due_ns[::every]]
        late_ms = [late / 1e6 for late in late_ns[::every]]
        over_time.plot(at_s, late_ms, ".", markersize=1.5, label=name, rasterized=True)
        ordered = sorted(late_ns)
        places = [k * (len(ordered) - 1) // 1000 for k in range(1001)]
        shares.plot([ordered[k] / 1e6 for k in places], [k / 10 for k in range(1001)], label=name)
    over_time.set(xlabel="seconds since the start", ylabel="late by (ms)", yscale="log")
    shares.set(xlabel="late by (ms)", ylabel="% of messages", xscale="log")
    for axes in (over_time, shares):
        axes.grid(alpha=0.3)
    shares.legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
