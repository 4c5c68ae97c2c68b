"""The replay server: sockets, timers and threads around a session that has none."""
