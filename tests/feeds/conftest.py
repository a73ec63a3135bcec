"""A market source that a test plays, and a session that asks it without waiting."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.support.clock import FakeClock
from tests.support.market_server import MarketServer
from wattyard.platform.outbound.fetcher import Patience
from wattyard.tariffs.feeds.session import Session


class Pauses(list[float]):
    """The pauses that a session wanted to make, in seconds."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def server() -> AsyncIterator[MarketServer]:
    async with MarketServer() as server:
        yield server


@pytest.fixture
async def http(pauses: Pauses) -> AsyncIterator[Session]:
    """A session of three attempts, whose pauses are half of the longest."""
    async with _session(pauses, Patience(attempts=3, read_seconds=5)) as session:
        yield session


@pytest.fixture
async def hasty(pauses: Pauses) -> AsyncIterator[Session]:
    """A session that gives a server hardly any time, three times."""
    async with _session(pauses, Patience(3, read_seconds=0.06, total_seconds=0.1)) as session:
        yield session


def _session(pauses: Pauses, patience: Patience) -> Session:
    clock = FakeClock(datetime(2025, 3, 30, 12, tzinfo=UTC))
    return Session(clock=clock, sleep=pauses, chance=lambda: 0.5, patience=patience)
