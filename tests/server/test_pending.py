import asyncio

from replayx.server.pending import Pending


async def test_a_value_is_handed_to_who_waits_for_it():
    pending = Pending()
    pending.expect(1)
    waiting = asyncio.ensure_future(pending.wait(1, "none"))
    await asyncio.sleep(0)
    assert not waiting.done()
    pending.tell(1, "told")
    pending.tell(1, "again")
    assert await waiting == "told"
    assert await pending.wait(1, "none") == "none"


async def test_a_value_may_be_there_before_it_is_waited_for():
    pending = Pending()
    pending.expect(1)
    pending.tell(1, "told")
    assert await pending.wait(1, "none") == "told"


async def test_who_waits_no_more_leaves_nothing_behind():
    pending = Pending()
    pending.expect(1)
    waiting = asyncio.ensure_future(pending.wait(1, "none"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    pending.tell(1, "late")
    assert await pending.wait(1, "none") == "none"


async def test_at_the_end_everybody_is_told():
    pending = Pending()
    for number in (1, 2):
        pending.expect(number)
    pending.tell(1, "told")
    pending.end("over")
    assert [await pending.wait(number, "none") for number in (1, 2)] == ["told", "over"]
