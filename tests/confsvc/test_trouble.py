"""Steps that fail, video rooms that do not end, video hosts that are silent: others have their turn, people see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from confsvc import jobs
from confsvc.database import Database
from confsvc.web import keys
from rooms.models import Change
from scheduler import outbox
from scheduler.booking.book import book
from scheduler.models import Conference, Effect
from scheduler.outbox_acts import retry_now
from scheduler.outcomes import Dead, Done, Outcome
from scheduler.trouble import HOST_SILENT, ROOM_NOT_ENDED, STEP_FAILED, clear_silent_host, note_silent_host
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.test_jobs import Loop
from tests.scheduler.booking.offices import NOW, RULES, START, wish
from tests.scheduler.conduct.world import END, World

PROVISION = START - timedelta(minutes=70)


def _break(db: Session, conference_ids: list[int]) -> None:
    """From now on the database lets no state of these conferences change."""
    ids = ", ".join(map(str, conference_ids))
    if db.connection().dialect.name == "sqlite":
        db.execute(
            text(
                f"CREATE TRIGGER broken BEFORE UPDATE OF state ON conference WHEN old.id IN ({ids}) "
                "BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
        )
        return
    db.execute(
        text("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$")
    )
    db.execute(
        text(
            f"CREATE TRIGGER broken BEFORE UPDATE OF state ON conference FOR EACH ROW WHEN (old.id IN ({ids})) "
            "EXECUTE FUNCTION broken()"
        )
    )


def _mend(db: Session) -> None:
    on = "" if db.connection().dialect.name == "sqlite" else " ON conference"
    db.execute(text(f"DROP TRIGGER broken{on}"))


def _troubles(database: Database) -> dict[int, tuple[str, str | None]]:
    return database.read_now(lambda db: {c.id: (c.state, c.trouble) for c in db.query(Conference)})


async def test_conferences_that_always_fail_do_not_stop_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, loop = World(database, room_ids=(2, 11)), Loop(database)
    made = [world.booked.id]
    for n in range(5):
        later = wish(room_ids=(12 + n,), starts=START, ends=END)
        made.append(database.write_now(book, later, actor="account:1", now=NOW, rules=RULES).id)
    broken, good = made[:4], made[4:]
    database.write_now(_break, broken)
    monkeypatch.setattr(jobs, "AT_ONCE", 3)  # fewer than fail
    loop.now = PROVISION
    assert await loop.jobs.advance_due() == 2 * len(good)  # each is reminded of, then made ready
    assert {_troubles(database)[one] for one in good} == {("provisioned", None)}
    assert {_troubles(database)[one] for one in broken} == {("planned", None)}, "once may be an accident"
    waits = []
    for _ in range(10):
        due = database.read_now(lambda db: db.get_one(Conference, broken[0]).due)
        assert due is not None
        waits.append((due - loop.now).total_seconds())
        loop.now = due
        await loop.jobs.advance_due()
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]
    assert {_troubles(database)[one] for one in broken} == {("planned", STEP_FAILED)}
    database.write_now(_mend)
    loop.now += timedelta(minutes=10)
    await loop.jobs.advance_due()
    assert {trouble for _, trouble in _troubles(database).values()} == {None}
    told = [(c.before, c.after) for c in world.rows(Change, act="trouble", subject_id=broken[0])]
    assert told == [({"trouble": None}, {"trouble": STEP_FAILED}), ({"trouble": STEP_FAILED}, {"trouble": None})]


def _settle_end(database: Database, now: datetime, outcome: Outcome) -> None:
    (claimed,) = database.write_now(outbox.claim, now=now, limit=1, lease_seconds=60, kinds=["end_meeting"])
    database.write_now(outbox.settle, claimed, outcome, now=now)


def test_a_room_that_does_not_end_is_a_trouble_until_it_does(database: Database) -> None:
    world, now = World(database), END + timedelta(minutes=20)
    world.pass_time(now)
    _settle_end(database, now, Dead("no"))
    assert world.conference().trouble == ROOM_NOT_ENDED
    (effect,) = world.rows(Effect, kind="end_meeting")
    database.write_now(retry_now, effect.id, actor="account:1", now=now)
    _settle_end(database, now, Done())
    assert world.conference().trouble is None


def test_a_room_whose_end_ran_out_is_a_trouble(database: Database) -> None:
    world = World(database)
    world.pass_time(END + timedelta(minutes=20))
    database.write_now(outbox.expire, now=END + timedelta(days=1))
    assert world.conference().trouble == ROOM_NOT_ENDED


def test_a_silent_host_is_a_trouble_of_those_that_need_it_now(database: Database) -> None:
    world = World(database)
    database.write_now(note_silent_host, 1, now=NOW)
    assert world.conference().trouble is None, "it is a week away"
    world.pass_time(PROVISION)
    database.write_now(note_silent_host, 2, now=PROVISION)
    assert world.conference().trouble is None, "another host"
    database.write_now(note_silent_host, 1, now=PROVISION)
    assert world.conference().trouble == HOST_SILENT
    world.pass_time(END + timedelta(hours=1))
    database.write_now(clear_silent_host, 1, now=END)
    assert world.conference().trouble is None, "also once it is over"


async def test_pages_say_what_is_wrong_to_those_who_can_do_something(service: Service) -> None:
    made: Any = service.database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA"), service.now + timedelta(hours=4), now=service.now,
        rules=service.app[keys.RULES],
    )  # fmt: skip
    service.database.write_now(
        lambda db: db.query(Conference).update({"trouble": STEP_FAILED}, synchronize_session=False)
    )
    said = "Hệ thống chưa thực hiện được bước tiếp theo"
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    guest = await service.browser(service.account("guest", "leader", unit="HHOA", at=None))
    assert said in (await clerk.get("/")).text and said in (await clerk.get(f"/conferences/{made.key}")).text
    assert said not in (await guest.get("/")).text, "nothing that a leader could mend"
