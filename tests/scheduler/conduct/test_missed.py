"""A series to which nobody comes asks whether it is still wanted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Change
from scheduler.booking.book import book
from scheduler.conduct.missed import confirm_series, is_doubtful
from scheduler.errors import WrongMove
from scheduler.models import Conference, Series, Site
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

WEEK = timedelta(days=7)


def weekly(db: Session, dates: int) -> list[int]:
    """A series of some weekly dates, in order."""
    wanted = {
        "key": "chuoi", "title": "Giao ban", "host_unit_id": 2, "counts": "each", "rule": None,
        "tz": "Asia/Ho_Chi_Minh", "local_start": "2026-12-01T08:00:00", "minutes": 120, "wish": {}, "version": 1,
        "made_by": "account:1", "made_at": NOW,
    }  # fmt: skip
    series = db.execute(insert(Series).values(**wanted).returning(Series.id)).scalar_one()
    spans = [(START + n * WEEK, START + n * WEEK + timedelta(hours=2)) for n in range(dates)]
    ids = [book(db, wish(starts=s, ends=e), actor="account:1", now=NOW, rules=RULES).id for s, e in spans]
    db.execute(update(Conference).where(Conference.id.in_(ids)).values(series_id=series))
    return ids


def over(db: Session, conference_id: int, *, missed: bool) -> None:
    db.execute(update(Conference).where(Conference.id == conference_id).values(state="recorded", due=None))
    sites = update(Site).where(Site.conference_id == conference_id)
    db.execute(sites.values(given_back_at=START + 20 * WEEK))
    if not missed:
        db.execute(sites.where(Site.room_id == 12).values(given_back_at=None))


def asks(database: Database, conference_id: int) -> bool:
    return database.read_now(lambda db: is_doubtful(db, db.get_one(Conference, conference_id)))


def test_after_three_dates_without_anybody_the_next_one_asks_until_somebody_confirms(database: Database) -> None:
    offices(database)
    ids = database.write_now(weekly, 8)
    for date, missed in zip(ids, (True, False, True, True), strict=False):
        database.write_now(over, date, missed=missed)
    assert not asks(database, ids[5]), "somebody was at one site of the second"
    database.write_now(over, ids[4], missed=True)
    assert asks(database, ids[5]) and asks(database, ids[7])
    assert not asks(database, ids[4]), "what is over asks nobody"

    def confirm(db: Session) -> None:
        confirm_series(db, db.get_one(Conference, ids[5]), actor="account:1", now=START + 4 * WEEK + timedelta(hours=3))

    database.write_now(confirm)
    assert not asks(database, ids[5])
    with pytest.raises(WrongMove):
        database.write_now(confirm)
    found = database.read_now(lambda db: db.query(Change).filter_by(subject_kind="series").all())
    assert [(row.act, row.actor) for row in found] == [("still_wanted", "account:1")]
    database.write_now(over, ids[5], missed=True)
    assert not asks(database, ids[6]), "it is asked again only after three more"


def test_a_conference_by_itself_is_never_asked_about(database: Database) -> None:
    offices(database)
    made = database.write_now(book, wish(), actor="account:1", now=NOW, rules=RULES)
    assert not asks(database, made.id)
