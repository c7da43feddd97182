"""The rules in memory follow the rows: after a change here, in another process, and at a tick when nobody was heard."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date

from click.testing import CliRunner

from confsvc.cli import main
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.parts import JOBS, NOTICES
from confsvc.standing_rules import StandingRules
from confsvc.web import keys
from confsvc.web.endpoint import AGENDA
from scheduler.booking.booking import Rules
from scheduler.calendar_acts import put_day, remove_day
from scheduler.calendar_queries import list_days
from scheduler.work_calendar import SpecialDay
from tests.confsvc.conftest import START, Service, serving
from tests.fakes.jitsi import until
from tests.postgres import Postgres

DAY = SpecialDay(date(2026, 12, 24), False, "Ngày thử", "", "TB 1")


def is_off(service: Service) -> bool:
    return not service.app[keys.STANDING].current.calendar.is_working(DAY.day)


async def test_a_change_is_heard_here(service: Service) -> None:
    assert not is_off(service)
    await service.database.write(put_day, DAY, actor="cli", now=START)
    await until(lambda: is_off(service))
    assert service.app[AGENDA].rules().calendar.special_day(DAY.day) == DAY, "what endpoints get follows, too"


async def test_a_change_that_nobody_was_told_of_is_seen_at_the_next_tick(service: Service) -> None:
    await service.app[JOBS].tick()
    service.database.on_poke = None  # as from a command on this machine
    service.database.write_now(put_day, DAY, actor="cli", now=START)
    assert not is_off(service)
    service.wait(minutes=1)
    await service.app[JOBS].tick()
    assert is_off(service)


async def test_a_change_is_heard_by_other_processes(
    postgres: Postgres, filled_postgres: str, settings: Settings
) -> None:
    name = postgres.create(template=filled_postgres)
    databases = [Database(postgres.url(name)) for _ in range(2)]
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(asynccontextmanager(serving)(settings, database)) for database in databases
        ]
        await asyncio.gather(*(one.app[NOTICES].listening.wait() for one in (here, there)))
        await here.database.write(put_day, DAY, actor="cli", now=START)
        await until(lambda: is_off(there))
        await here.database.write(remove_day, DAY.day, actor="cli", now=START)
        await until(lambda: not is_off(there) and not is_off(here))
    for database in databases:
        database.close()
    postgres.drop(name)


async def test_what_the_configuration_says_stays_under_the_rows(database: Database) -> None:
    base = Rules(bridges=(3,), mail_domain="hop.example")
    standing = StandingRules(database, base)
    assert standing.current == base
    database.write_now(put_day, DAY, actor="cli", now=START)
    standing.read_soon()
    standing.read_soon()
    await standing.stop()
    found = standing.current
    assert (found.bridges, found.mail_domain) == ((3,), "hop.example")
    assert found.calendar.special == {DAY.day: DAY}


def command(settings: Settings, *words: str) -> str:
    result = CliRunner().invoke(main, ["--var", str(settings.service.var), *words])
    assert result.exit_code in (0, 2), result.output
    return result.output


def test_the_command_line_loads_imports_and_says_what_is_wrong(settings: Settings) -> None:
    assert "475 added" in command(settings, "init")
    assert "added" not in command(settings, "migrate"), "a second time there is nothing to do"
    database = Database(settings.database_url)
    assert len(database.read_now(list_days)) == 475
    file = settings.var / "thong-bao.csv"
    file.write_text("day,working,name_vi,source\n2027-02-04,1,Đi làm,TB 9\n2027-03-06,1,Làm bù,TB 9\n", "utf-8")
    dry = command(settings, "import-calendar", str(file), "--dry-run")
    assert "1 added, 1 changed" in dry and "added 06/03/2027" in dry and "nothing was written" in dry
    assert len(database.read_now(list_days)) == 475
    command(settings, "import-calendar", str(file))
    assert "0 added, 0 changed" in command(settings, "import-calendar", str(file))
    assert "1 kept" in command(settings, "import-calendar"), "the packaged table leaves alone what people decided"
    assert len(database.read_now(list_days)) == 476
    file.write_text("day,working,name_vi\n06/03/2027,2,\n", "utf-8")
    said = command(settings, "import-calendar", str(file))
    assert all(f"✗ 2.{column}:" in said for column in ("day", "working", "name_vi")), said
    database.close()
