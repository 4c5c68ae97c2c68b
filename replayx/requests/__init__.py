"""Requests: which recording answers one, and why none does."""
