"""One replay run, purely: inputs and time in, effects out; no clock, no socket, no task."""
