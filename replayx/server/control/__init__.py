"""The control API: a port of its own, off the simulated namespace."""
