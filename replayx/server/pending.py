"""What is waited for, by number: whoever asks waits, whoever knows tells."""

import asyncio
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Pending(Generic[_T]):
    """Values to come. One that nobody waits for any more is forgotten when it comes."""

    def __init__(self) -> None:
        self._futures: dict[int, asyncio.Future[_T]] = {}

    def expect(self, number: int) -> None:
        """Note that a value will come. It has to be waited for, once."""
        self._futures[number] = asyncio.get_running_loop().create_future()

    def tell(self, number: int, value: _T) -> None:
        """Hand out a value, if it is expected."""
        future = self._futures.get(number)
        if future is not None and not future.done():
            future.set_result(value)

    async def wait(self, number: int, otherwise: _T) -> _T:
        """Wait for a value; `otherwise` is the one for what is not expected."""
        future = self._futures.get(number)
        if future is None:
            return otherwise
        try:
            return await future
        finally:
            del self._futures[number]

    def end(self, value: _T) -> None:
        """Hand out the same to everybody who still waits."""
        for number in tuple(self._futures):
            self.tell(number, value)
