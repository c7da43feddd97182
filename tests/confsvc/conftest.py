"""The whole service on loopback over a database with the default directory, its clock in the test's hand."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from aiohttp import web
from argon2 import PasswordHasher

from confsvc import accounts, tokens
from confsvc.access import SCOPES
from confsvc.app import WORKING, make_app
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.passwords import Passwords
from confsvc.settings import with_simulated_bridge
from scheduler.name_queries import list_unit_ids
from tests.directory import MAIL_DOMAIN


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """Only what is wrong is said, without the local variables that structlog shows by itself."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
    )


START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PASSWORD = "mat khau dai lam"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Real argon2 with parameters that cost a test no time."""


@dataclass
class Service:
    """A running service. ``now`` is its clock: tests move it with ``wait``."""

    app: web.Application
    url: str
    database: Database
    settings: Settings
    clock: list[datetime]
    logins: dict[int, str] = field(default_factory=dict)
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.clock[0]

    def wait(self, **delta: float) -> datetime:
        """Let time pass; nothing runs by itself."""
        self.clock[0] += timedelta(**delta)
        return self.now

    def unit(self, code: str) -> int:
        """The id of an office of the default directory."""
        return self.database.read_now(list_unit_ids, [code])[code]

    def account(
        self, login: str, *functions: str, unit: str | None = None, at: str | None = "own", language: str = "vi"
    ) -> int:
        """An account with PASSWORD at the office ``unit``, its functions there (``at="own"``), at another, or for all
        (None)."""
        unit_id = self.unit(unit) if unit else None
        account_id = self.database.write_now(
            accounts.add_account, login, f"Người {login}", actor="cli", now=self.now, unit_id=unit_id,
            language=language, password_hash=CHEAP.hash_now(PASSWORD),
        )  # fmt: skip
        scope = unit_id if at == "own" else self.unit(at) if at else None
        for function in functions:
            self.database.write_now(accounts.add_grant, account_id, function, actor="cli", now=self.now, unit_id=scope)
        self.logins[account_id] = login
        return account_id

    def client(self, **kwargs: Any) -> httpx.AsyncClient:
        """A browser without a session."""
        made = httpx.AsyncClient(base_url=self.url, **{"timeout": 30, **kwargs})
        self.clients.append(made)
        return made

    def program(self, account_id: int, *scopes: str) -> httpx.AsyncClient:
        """A program with an API token of this account, by default with every scope."""
        made = self.database.write_now(
            tokens.add_token, account_id, "test", scopes or list(SCOPES), expires=self.now + timedelta(days=30),
            by="cli", now=self.now,
        )  # fmt: skip
        return self.client(headers={"Authorization": f"Bearer {made.token}", "Accept-Language": "en"})

    async def browser(self, account_id: int) -> httpx.AsyncClient:
        """A browser that has signed in; its forms carry the session's token by themselves (header)."""
        made = self.client(headers={"Origin": self.url})
        answer = await made.post("/sign-in", data={"login": self.logins[account_id], "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        page = await made.get("/account")
        made.headers["X-CSRF-Token"] = page.text.partition('name="csrf-token" content="')[2].partition('"')[0]
        return made


@pytest.fixture
def filled(directory: Database) -> Database:
    """A database with the default directory, SQLite and PostgreSQL in turn."""
    return directory


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A simulated video host (not running), mail into a Maildir, data in the test's own folder."""
    made = Settings(service={"var": tmp_path / "var", "port": 0}, mail={"domain": MAIL_DOMAIN})
    return with_simulated_bridge(made)


async def serving(settings: Settings, database: Database, **kwargs: Any) -> AsyncIterator[Service]:
    """Run the service on a free port of loopback until the test ends; the clock does not ring by itself."""
    clock = [START]
    app = make_app(
        settings, database, now=lambda: clock[0], passwords=CHEAP, ringing=False,
        **{"running": WORKING, **kwargs},
    )  # fmt: skip
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    running = Service(app, f"http://127.0.0.1:{runner.addresses[0][1]}", database, settings, clock)
    yield running
    for client in running.clients:
        await client.aclose()
    await runner.cleanup()


@pytest.fixture
async def service(settings: Settings, filled: Database) -> AsyncIterator[Service]:
    """The service over each database in turn."""
    async for running in serving(settings, filled):
        yield running
