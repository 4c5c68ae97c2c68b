"""Exchanges' wire conventions, each behind the Venue protocol."""
