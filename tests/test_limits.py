import re
from pathlib import Path

from replayx import limits

UNITS = ("_BYTES", "_BYTES_MAX", "_MAX", "_NS", "_COUNT", "_S", "_MAX_S", "_MAX_NS", "_MIN")


def numbers():
    return {
        name: value
        for name, value in vars(limits).items()
        if name.isupper() and name not in ("KIB", "MIB")
    }


def test_every_bound_is_positive_and_names_its_unit():
    assert numbers()
    for name, value in numbers().items():
        assert isinstance(value, int | float), name
        assert value > 0, name
        assert name.endswith(UNITS), name


def test_every_bound_has_its_origin_above_it():
    lines = Path(limits.__file__).read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[A-Z_]+ = ", line) and line.split(" =")[0] in numbers():
            # A comment may be for two bounds that follow each other.
            assert lines[number - 1].startswith("#") or lines[number - 2].startswith("#"), line


def test_bounds_fit_into_each_other():
    assert limits.BODY_BYTES_MAX < limits.RECORD_BYTES_MAX
    assert limits.MESSAGE_BYTES_MAX < limits.RECORD_BYTES_MAX
    assert limits.REPACK_CHUNK_BYTES + limits.MESSAGE_BYTES_MAX < limits.RECORD_BYTES_MAX
    assert limits.CAPTURE_LINE_BYTES_MAX >= 2 * limits.BODY_BYTES_MAX
    assert limits.CHANNELS_MAX == 1 << 16
