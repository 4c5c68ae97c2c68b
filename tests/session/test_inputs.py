from typing import get_args

import msgspec
import pytest

from replayx.session import inputs
from replayx.session.inputs import AnyInput, Input, MessageReceived

LEAVES = Input.__subclasses__()


def test_the_union_holds_every_input():
    assert {*get_args(AnyInput)} == {*LEAVES}
    assert {one.__module__ for one in LEAVES} == {inputs.__name__}


@pytest.mark.parametrize("leaf", LEAVES)
def test_an_input_is_a_value(leaf):
    given = range(len(leaf.__struct_fields__))
    assert leaf(*given) == leaf(*given)
    assert hash(leaf(*given)) == hash(leaf(*given))
    assert leaf.__struct_config__.frozen


def test_an_input_cannot_be_changed():
    with pytest.raises(AttributeError):
        MessageReceived(1, b"x").connection = 2


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_input_says_whom_it_is_about(leaf):
    names = [field.name for field in msgspec.structs.fields(leaf)]
    assert not names or names[0] in ("connection", "number", "market")
