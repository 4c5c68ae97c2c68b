"""A scripted exchange, and a recording of it."""

import pytest

from tests.recorder.harness import Exchange, recording


@pytest.fixture
async def exchange():
    server = Exchange()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def session(exchange, tmp_path):
    async with recording(exchange, tmp_path / "out.rpx") as running:
        yield running
