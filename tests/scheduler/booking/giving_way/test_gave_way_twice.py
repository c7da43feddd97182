"""Whoever gives way a second time holds one other time, not two."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.booking.giving_way.preempt import preempt
from scheduler.models import Displacement, Reservation
from tests.scheduler.booking.giving_way.test_preempt import consent_to, emergency, training
from tests.scheduler.booking.offices import NOW, RULES, START, offices

HOUR = timedelta(hours=1)


def test_the_first_other_time_is_given_back(database: Database) -> None:
    offices(database)
    lost = database.write_now(training)

    def open_one(db: Session) -> Displacement:
        return db.scalars(select(Displacement).where(Displacement.decided.is_(None))).one()

    def take(db: Session, starts: object) -> None:
        wanted = emergency(room_ids=(2, 11), starts=starts, ends=starts + HOUR)  # type: ignore[operator]
        preempt(db, wanted, consent_to(lost), actor="account:1", now=NOW, rules=RULES)

    database.write_now(take, START)
    first = database.read_now(open_one)
    assert first.alternative_starts is not None and first.alternative_ends is not None
    span = (first.alternative_starts, first.alternative_ends)
    database.write_now(take, first.alternative_starts)
    second = database.read_now(open_one)
    assert second.alternative_starts is not None and second.alternative_starts != first.alternative_starts

    def rooms(db: Session, since: object, until: object) -> list[int | None]:
        query = select(Reservation.room_id).where(
            Reservation.conference_id == lost.id, Reservation.room_id.is_not(None), Reservation.starts < until,
            Reservation.ends > since,
        )  # fmt: skip
        return sorted(db.scalars(query))

    assert database.read_now(rooms, *span) == [], "rooms 12 and 13 are free again, too"
    assert database.read_now(rooms, second.alternative_starts, second.alternative_ends) == [2, 11, 12, 13]
