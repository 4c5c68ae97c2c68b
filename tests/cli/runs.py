"""Running verbs inside the test's process."""

import json

from click.testing import CliRunner

from replayx.cli.main import group


def run(*arguments):
    """Run a verb; returns click's result."""
    return CliRunner().invoke(group, [*map(str, arguments)], prog_name="replayx")


def lines(done):
    """Return stdout's lines as JSON."""
    assert done.exception is None, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def flip(path, offset):
    """Damage a file at a byte."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x10
    path.write_bytes(data)
    return path
