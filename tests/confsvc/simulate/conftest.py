"""A recording service, and a simulated Jitsi that calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.confsvc.simulate.service import RecordingService
from tests.fakes.jitsi import SimulatedJitsi


@pytest.fixture
async def service() -> AsyncIterator[RecordingService]:
    async with RecordingService() as running:
        yield running


@pytest.fixture
async def jitsi(service: RecordingService) -> AsyncIterator[SimulatedJitsi]:
    async with SimulatedJitsi(service.url) as running:
        yield running
