"""A control port of a fake run, and a client of it."""

import aiohttp
import pytest

from replayx.server.control.control_port import ControlPort
from tests.server.control.fake_run import FakeRun


class Client:
    """Asks the control port; `run` is what it controls."""

    def __init__(self, run, url, session):
        self.run, self.url, self.session = run, url, session

    async def ask(self, method, path, body=None, **more):
        """Return the status and the JSON that is answered."""
        sent = {"json": body} if body is not None else {}
        async with self.session.request(method, self.url + path, **sent, **more) as answer:
            return answer.status, await answer.json()

    def raw(self, method, path, **more):
        return self.session.request(method, self.url + path, **more)


@pytest.fixture
def run():
    return FakeRun()


@pytest.fixture
async def client(run):
    port = ControlPort(run, "127.0.0.1")
    url = await port.start(0)
    async with aiohttp.ClientSession() as session:
        yield Client(run, url, session)
    await port.stop()
