import asyncio
import sys
import threading

import pytest

from replayx.errors import DamagedCassette
from replayx.server.history_builder import HistoryBuilder


class Fake:
    """A history that notes how it was built."""

    def __init__(self, error=None):
        self.built = 0
        self.error = error
        self.switch_s = None
        self.thread = self.told_in = None

    def build(self):
        self.told_in = threading.current_thread()

    def make(self, *, warn):
        if self.error is not None:
            raise self.error
        self.built += 1
        warn("slow")
        self.switch_s = sys.getswitchinterval()
        self.thread = threading.current_thread()


def _builder(histories, prepared=None):
    told, failed, warned = [], [], []

    async def nothing():
        return None

    builder = HistoryBuilder(
        histories,
        prepared or nothing(),
        on_built=told.append,
        on_failure=failed.append,
        on_warning=warned.append,
    )
    builder.warned = warned
    return builder, told, failed


async def test_each_history_is_built_once_beside_the_loop():
    one = Fake()
    builder, told, _ = _builder({"a": one})
    await asyncio.gather(builder.want("a"), builder.want("a"))
    assert (one.built, told, builder.warned) == (1, ["a"], ["slow"])
    assert one.thread is not threading.current_thread()
    assert one.told_in is threading.current_thread()  # no session sees it between two inputs


async def test_the_loop_gets_its_turn_often_while_a_history_is_built():
    one, usual = Fake(), sys.getswitchinterval()
    builder, _, _ = _builder({"a": one})
    await builder.build_all()
    assert one.switch_s < usual
    assert sys.getswitchinterval() == usual


async def test_nothing_is_built_before_the_answers_are_known():
    one, prepared = Fake(), asyncio.get_running_loop().create_future()
    builder, told, _ = _builder({"a": one}, prepared)
    task = builder.want("a")
    for _ in range(5):
        await asyncio.sleep(0)
    assert one.built == 0
    prepared.set_result(None)
    await task
    assert told == ["a"]


@pytest.mark.parametrize("markets", [["a"], ["a", "b"]])
async def test_what_goes_wrong_is_told(markets):
    error = DamagedCassette("broken", path="x", offset=1)
    builder, told, failed = _builder({name: Fake(error) for name in markets})
    await builder.build_all()
    assert (told, failed) == ([], [error] * len(markets))


async def test_stopping_waits_for_what_is_under_way():
    one = Fake()
    builder, told, _ = _builder({"a": one})
    builder.want("a")
    await builder.stop()
    assert told == ["a"]
