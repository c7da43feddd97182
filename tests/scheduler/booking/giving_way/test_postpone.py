"""Many conferences postponed together and brought back: previewed, one by one, resumable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.batches import work_batches
from confsvc.database import Database
from rooms.errors import Invalid
from scheduler.booking.book import book
from scheduler.booking.booking import Booked
from scheduler.booking.giving_way.postpone import Chosen, bring_back, concerned, do_item, postpone_together
from scheduler.booking.giving_way.postpone_queries import find_batch, find_waiting, list_items
from scheduler.booking.queries import find_conference
from scheduler.errors import WrongMove
from scheduler.models import Edition, Reservation
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

HOUR = timedelta(hours=1)
NOTICE = "Hoãn để tập trung phòng, chống bão"


@pytest.fixture
def province(database: Database) -> Database:
    return offices(database)


def some(database: Database, count: int = 4) -> list[Booked]:
    def work(db: Session) -> list[Booked]:
        made = [
            book(db, wish(starts=at, ends=at + HOUR), actor="a", now=NOW, rules=RULES)
            for at in (START + 2 * n * HOUR for n in range(count))
        ]
        book(db, wish(kind="emergency", room_ids=(14,), host_unit_id=11, clash_confirmed=True), actor="a", now=NOW,
             rules=RULES)  # fmt: skip
        return made

    return database.write_now(work)


def states(database: Database, made: list[Booked]) -> list[str]:
    return database.read_now(lambda db: [getattr(find_conference(db, one.key), "state", "") for one in made])


def chosen(**changes: Any) -> Chosen:
    return Chosen(START - HOUR, START + timedelta(days=2), **changes)


def start(database: Database) -> str:
    return database.write_now(lambda db: postpone_together(db, chosen(), NOTICE, actor="account:1", now=NOW))


async def test_the_routine_ones_are_postponed_with_one_notice(province: Database) -> None:
    made = some(province)
    seen = province.read_now(lambda db: concerned(db, chosen(), now=NOW))
    assert [one.key for one in seen] == [one.key for one in made]
    assert {(one.sites, one.people) for one in seen} == {(4, 4)}
    key = start(province)
    assert await work_batches(province, NOW, RULES) == 4
    assert states(province, made) == ["postponed"] * 4

    def after(db: Session) -> None:
        batch = find_batch(db, key)
        assert batch is not None and batch.finished_at == NOW
        assert {item.state for item in list_items(db, batch.id)} == {"done"}
        told = db.execute(select(Edition.method, Edition.content).where(Edition.method == "CANCEL")).all()
        assert [(content["what"], content["reason"]) for _, content in told] == [("postponed", NOTICE)] * 4
        held = select(func.count()).where(Reservation.conference_id.in_([one.id for one in made]))
        assert db.scalar(held) == 0

    province.read_now(after)


async def test_whoever_is_killed_goes_on_where_it_stopped(province: Database) -> None:
    made = some(province)
    start(province)
    item = province.read_now(find_waiting)
    assert item is not None
    province.write_now(do_item, item, now=NOW, rules=RULES)

    def killed(db: Session) -> None:
        second = find_waiting(db)
        assert second is not None
        do_item(db, second, now=NOW, rules=RULES)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        province.write_now(killed)
    assert states(province, made) == ["postponed", "planned", "planned", "planned"]
    province.write_now(do_item, item, now=NOW, rules=RULES)  # once more by another process: nothing happens
    assert await work_batches(province, NOW, RULES) == 3
    assert states(province, made) == ["postponed"] * 4
    letters = province.read_now(lambda db: db.scalar(select(func.count()).where(Edition.method == "CANCEL")))
    assert letters == 4


async def test_they_come_back_where_they_still_fit(province: Database) -> None:
    made = some(province)
    key = start(province)
    with pytest.raises(WrongMove):  # not finished yet
        province.write_now(lambda db: bring_back(db, key, actor="account:1", now=NOW))
    await work_batches(province, NOW, RULES)
    other = wish(room_ids=(12,), host_unit_id=12, ends=START + HOUR)
    province.write_now(book, other, actor="a", now=NOW, rules=RULES)
    back = province.write_now(lambda db: bring_back(db, key, actor="account:1", now=NOW))
    await work_batches(province, NOW, RULES)
    assert states(province, made) == ["postponed", "planned", "planned", "planned"]

    def after(db: Session) -> None:
        batch = find_batch(db, back)
        assert batch is not None
        assert next((item.state, item.code) for item in list_items(db, batch.id)) == ("skipped", "room_taken")
        uid = getattr(find_conference(db, made[1].key), "uid", "")
        sent = db.execute(select(Edition.method, Edition.sequence).where(Edition.uid == uid).order_by(Edition.number))
        assert [tuple(row) for row in sent] == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)]

    province.read_now(after)
    with pytest.raises(WrongMove):
        province.write_now(lambda db: bring_back(db, key, actor="account:1", now=NOW))


def test_without_notice_or_meetings_nothing_is_made(province: Database) -> None:
    with pytest.raises(Invalid) as refused:
        province.write_now(lambda db: postpone_together(db, chosen(), " ", actor="a", now=NOW))
    assert [(e.field, e.code) for e in refused.value.errors] == [("notice", "required"), ("since", "nothing_chosen")]
