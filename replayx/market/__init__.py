"""The venue-neutral market: what happened, whatever exchange and wire it came from."""
