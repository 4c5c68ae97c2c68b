"""What the benchmarks share: cheap clients, watched processes, tapes, reports."""
