from typing import get_args

import pytest

from replayx.session import effects
from replayx.session.effects import AnyEffect, Effect, SendFrames

LEAVES = Effect.__subclasses__()


def test_the_union_holds_every_effect():
    assert {*get_args(AnyEffect)} == {*LEAVES}
    assert {one.__module__ for one in LEAVES} == {effects.__name__}


@pytest.mark.parametrize("leaf", LEAVES)
def test_an_effect_is_a_value(leaf):
    given = range(len(leaf.__struct_fields__))
    assert leaf(*given) == leaf(*given)
    assert leaf.__struct_config__.frozen


def test_frames_are_taken_without_a_copy():
    frames = memoryview(b"frames")
    assert SendFrames((1,), frames).frames is frames
