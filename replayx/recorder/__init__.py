"""The recorder: a proxy between clients and a venue, or a client of its own."""
