import asyncio
import os

from replayx.clock import RealClock
from replayx.server.event_loop import new_event_loop, run


async def _wake_after(delay_ns: int) -> int:
    clock = RealClock()
    loop = asyncio.get_running_loop()
    due_ns = clock.now_ns() + delay_ns
    woken = loop.create_future()
    loop.call_at(due_ns / 1e9, lambda: woken.set_result(clock.now_ns() - due_ns))
    return await woken


def test_timers_are_not_early():
    assert min(run(_many())) > -1_000  # a microsecond: the rounding of the loop's float time


async def _many() -> list[int]:
    return [await _wake_after(delay_ns) for delay_ns in (50_000, 300_000, 1_100_000) * 5]


def test_descriptors_above_1023_are_served():
    """select() alone would refuse them."""

    async def read_high() -> bytes:
        read_end, write_end = os.pipe()
        high = 1500
        os.dup2(read_end, high)
        loop = asyncio.get_running_loop()
        got = loop.create_future()
        loop.add_reader(high, lambda: got.set_result(os.read(high, 10)))
        loop.call_later(0.001, os.write, write_end, b"up here")
        try:
            return await asyncio.wait_for(got, 5)
        finally:
            loop.remove_reader(high)
            for descriptor in (read_end, write_end, high):
                os.close(descriptor)

    loop = new_event_loop()
    try:
        assert loop.run_until_complete(read_high()) == b"up here"
    finally:
        loop.close()
