import pytest

from replayx import errors
from replayx.errors import CassetteError, DamagedCassette, ExitCode, ReplayxError


def leaves(kind=ReplayxError):
    below = kind.__subclasses__()
    return [kind, *(leaf for one in below for leaf in leaves(one))]


def test_the_message_has_where_found_expected_and_hint():
    error = ReplayxError("3 bytes", expected="4", where="a.rpx", hint="Try again")
    assert str(error) == "a.rpx: 3 bytes; expected 4. Try again"
    assert str(ReplayxError("3 bytes")) == "3 bytes"


def test_a_cassette_error_names_file_and_byte():
    error = DamagedCassette("a hole", path="a.rpx", offset=17, expected="none")
    assert str(error) == "a.rpx at byte 17: a hole; expected none"
    assert (error.path, error.offset) == ("a.rpx", 17)


@pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.__name__)
def test_every_leaf_has_an_exit_code_and_stands_in_the_tree(kind):
    assert kind.exit_code in set(ExitCode) - {ExitCode.OK}
    if kind.__module__ == errors.__name__:  # others are details of their module
        assert kind.__name__ in (errors.__doc__ or "")


def test_cassette_errors_are_replayx_errors():
    assert issubclass(CassetteError, ReplayxError)
