"""A brute-force oracle: read everything, compute by definition. Knows nothing of replayx.market."""
