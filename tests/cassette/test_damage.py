import msgspec
import pytest

from replayx.cassette.damage import UNDECODABLE, Damage


def test_damage_says_what_was_found_and_expected():
    damage = Damage("7 bytes", "8")
    assert (damage.found, damage.expected, str(damage)) == ("7 bytes", "8", "7 bytes")


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x91" * 100_000, b"\xa1\xff", b"\x92\x01"],
    ids=["empty", "reserved", "huge", "deep", "not utf-8", "short"],
)
def test_whatever_msgspec_raises_is_undecodable(body):
    with pytest.raises(UNDECODABLE):
        msgspec.msgpack.decode(body)
