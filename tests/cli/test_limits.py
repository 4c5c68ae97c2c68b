"""Limits from the command line and from files."""

import pytest

from replayx.cli.limits import read_limits
from replayx.errors import InvalidOption, LimitExceeded
from replayx.limits import LIMITS_FILE_BYTES_MAX
from replayx.ratelimit.limits_document import NO_LIMITS, VENUE_LIMITS


def test_two_words_stand_for_themselves():
    assert read_limits("venue") == VENUE_LIMITS
    assert read_limits("off") == NO_LIMITS


def test_a_file_is_read(tmp_path):
    path = tmp_path / "limits.toml"
    path.write_text('rules = "2024-01-01"\nrest_limit = 7\n[ban]\nfirst = "5s"\n')
    limits = read_limits(str(path))
    assert (limits.date, limits.rest_limit, limits.ban.first) == ("2024-01-01", 7, "5s")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"rest_limit = ", "no TOML"),
        (b"\xff\xfe", "no TOML"),
        (b"rest_limi = 3", "Did you mean 'rest_limit'?"),
        (b"rest_limit = 'x'", "rest_limit"),
    ],
)
def test_a_mistake_names_the_file(tmp_path, text, told):
    path = tmp_path / "limits.toml"
    path.write_bytes(text)
    with pytest.raises(InvalidOption) as problem:
        read_limits(str(path))
    assert told in str(problem.value)
    assert "limits.toml" in str(problem.value)


def test_no_file_is_a_clear_line(tmp_path):
    with pytest.raises(InvalidOption, match="venue, off, or a TOML file"):
        read_limits(str(tmp_path / "none.toml"))
    with pytest.raises(InvalidOption, match="cannot be read"):
        read_limits(str(tmp_path))


def test_a_file_has_a_bound(tmp_path):
    path = tmp_path / "limits.toml"
    path.write_bytes(b"#" * (LIMITS_FILE_BYTES_MAX + 1))
    with pytest.raises(LimitExceeded):
        read_limits(str(path))
