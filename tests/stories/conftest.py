"""A service at eight o'clock on Monday 23 November 2026, with the default directory."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.service import Service
from tests.stories.day import local


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "var"
    made.mkdir()
    return made


@pytest.fixture
async def service(filled_sqlite: Path, tmp_path: Path, folder: Path) -> AsyncIterator[Service]:
    """On SQLite."""
    url = f"sqlite:///{shutil.copy(filled_sqlite, tmp_path / 'story.sqlite3')}"
    async with Service(url, folder, starts=local(23, 8)) as running:
        yield running


@pytest.fixture
async def service_on_both(directory_url: str, folder: Path) -> AsyncIterator[Service]:
    """On SQLite and PostgreSQL in turn."""
    async with Service(directory_url, folder, starts=local(23, 8)) as running:
        yield running
