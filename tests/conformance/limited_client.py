"""What real clients raise when they ask too often, are banned, and may ask again.

python limited_client.py URLS CLIENT
"""

import asyncio
import re
import sys
import time

from checks import Checks, claim, expect, listeners

CALLS_MAX = 60
# How clients find the end of a ban: it stands in the text alone.
UNTIL = re.compile(r"IP banned until (\d+)")


class Refused(Exception):
    """A client's own error, and what can be read of it."""

    def __init__(self, error: Exception, status: int, text: str) -> None:
        super().__init__(f"{type(error).__name__}: {text[:120]}")
        self.error = error
        self.status = status
        self.text = text


class Ccxt:
    """ccxt without its own rate limiter, which would keep it from asking too often."""

    def __init__(self, urls):
        import ccxt.async_support as ccxt
        from ccxt_client import redirect

        self._ccxt = ccxt
        self._exchange = ccxt.binance({"enableRateLimit": False})
        self._exchange.urls["api"].setdefault("ws", {})
        redirect(self._exchange, urls)

    async def ask(self):
        """Return the venue's time. Raises Refused."""
        try:
            return await self._exchange.fetch_time()
        except self._ccxt.DDoSProtection as error:
            found = re.search(r" (4\d\d) ", str(error))
            raise Refused(error, int(found[1]) if found else 0, str(error)) from error

    async def close(self):
        await self._exchange.close()


class PythonBinance:
    """python-binance's client."""

    def __init__(self, urls):
        from binance import Client
        from binance.exceptions import BinanceAPIException
        from python_binance_client import redirect

        redirect(urls)
        self._error = BinanceAPIException
        self._client = Client(ping=False)

    async def ask(self):
        """Return the venue's time. Raises Refused."""
        try:
            answer = await asyncio.to_thread(self._client.get_server_time)
        except self._error as error:
            expect(error.code, -1003)
            claim(int(error.response.headers["Retry-After"]) >= 1, "no Retry-After")
            raise Refused(error, error.status_code, error.message) from error
        return answer["serverTime"]

    async def close(self):
        await asyncio.to_thread(self._client.close_connection)


class Dialogue:
    """The checks: refused, banned, and let in again."""

    def __init__(self, client):
        self._client = client
        self._until_ms = 0

    async def _refusal(self, status: int) -> Refused:
        for _ in range(CALLS_MAX):
            try:
                await self._client.ask()
            except Refused as refused:
                if refused.status == status:
                    return refused
        raise AssertionError(f"never {status} in {CALLS_MAX} calls")

    async def too_many(self):
        """Asked too often: 429, in the client's own error class."""
        refused = await self._refusal(429)
        claim("current limit is 5 request weight per 1 SECOND" in refused.text, refused.text)
        return refused

    async def banned(self):
        """Asked on: 418, and the end of the ban in the text, where clients look for it."""
        refused = await self._refusal(418)
        found = UNTIL.search(refused.text)
        claim(found is not None, refused.text)
        self._until_ms = int(found[1])
        return refused

    async def recovers(self):
        """Waits, asks a few times as it may, and is answered."""
        asked = time.monotonic()
        await asyncio.sleep(2.1)
        times = []
        for _ in range(3):
            times.append(await self._client.ask())
            await asyncio.sleep(0.3)
        claim(times == sorted(times), str(times))
        claim(times[0] >= self._until_ms, f"{times[0]} is before {self._until_ms}")
        return f"after {time.monotonic() - asked:.1f} s"


async def main() -> int:
    """Run the checks."""
    checks = Checks()
    client = {"ccxt": Ccxt, "python-binance": PythonBinance}[sys.argv[2]](listeners())
    dialogue = Dialogue(client)
    named = {name: getattr(dialogue, name) for name in ("too_many", "banned", "recovers")}
    await checks.run_all("limits.", named)
    await client.close()
    return min(1, checks.failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
