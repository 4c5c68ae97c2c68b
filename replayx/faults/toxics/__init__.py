"""The toxics, one a file."""
