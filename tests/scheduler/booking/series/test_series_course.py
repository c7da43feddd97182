"""Whatever is booked, moved, split, cancelled, put back and added: series, places and calendars always agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from scheduler.booking.series.book import book_series, check_series
from scheduler.booking.series.letters import OFF
from scheduler.booking.series.put_back import add_date, put_back_date
from scheduler.booking.series.wish import SeriesWish, wish_at
from scheduler.errors import NoPlace, SeriesBlocked, TooLate, WrongMove
from scheduler.models import CalendarItem, Conference, Series, SeriesSkip
from tests.scheduler.booking.calendars import assert_agree
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.series.test_series_edit import ACT, alone, back, called_off, cancelled, changed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REFUSALS = (NoPlace, SeriesBlocked, TooLate, WrongMove, Invalid, NotFound)
ROOMS = st.sampled_from([(2, 11), (2, 12), (11, 12)])
SHIFTS = st.sampled_from([-2 * HOUR, HOUR, 3 * HOUR, DAY])
PATTERNS = st.sampled_from(["FREQ=DAILY;COUNT=4", "FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4"])
PICK = st.integers(0, 30)
SCOPES = st.sampled_from(["following", "all"])


def clear(db: Session) -> None:
    """Nothing is booked any more; changes stay, as they always do."""
    db.execute(update(Conference).values(counted_with=Conference.id))
    db.execute(update(Series).values(split_from_id=None))
    for model in (Conference, SeriesSkip, Series, CalendarItem):
        db.execute(delete(model))


class Course(RuleBasedStateMachine):
    """Acts of several people on a few series in one month; each example begins with an empty house."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.database.write_now(clear)

    def _try(self, work: Any, *args: Any, **kwargs: Any) -> bool:
        try:
            self.database.write_now(work, *args, now=self.now, **kwargs)
        except REFUSALS:
            return False
        return True

    def _pick(self, pick: int, *states: str) -> tuple[str, str] | None:
        """The keys of some date of some series in one of these states, and of the series."""

        def work(db: Session) -> list[tuple[str, str]]:
            query = select(Conference.key, Series.key).join(Series, Series.id == Conference.series_id)
            query = query.where(Conference.state.in_(states)).order_by(Conference.starts, Conference.id)
            return [(row[0], row[1]) for row in db.execute(query)]

        found = self.database.read_now(work)
        return found[pick % len(found)] if found else None

    @rule(pattern=PATTERNS, day=st.integers(0, 3), hour=st.sampled_from([0, 2, 6]), rooms=ROOMS)
    def book(self, pattern: str, day: int, hour: int, rooms: tuple[int, ...]) -> None:
        starts = START + 2 * day * DAY + hour * HOUR
        series = SeriesWish(wish(room_ids=rooms, starts=starts, ends=starts + HOUR), rule=pattern)

        def work(db: Session, *, now: datetime) -> None:
            found = check_series(db, series, now=now, rules=RULES, ways=False)
            choices = {date.original: None for date in found.dates if not date.fits}
            book_series(db, series, choices, now=now, rules=RULES, **ACT)

        self._try(work)

    @rule(first=st.integers(0, 9), gaps=st.lists(st.integers(1, 30), min_size=1, max_size=3))
    def book_sessions(self, first: int, gaps: list[int]) -> None:
        starts = [START + (first * 3 + sum(gaps[:n]) * 2) * HOUR for n in range(len(gaps) + 1)]
        series = SeriesWish(wish(room_ids=(2, 13)), "once", sessions=tuple((at, at + HOUR) for at in starts))
        self._try(lambda db, *, now: book_series(db, series, now=now, rules=RULES, **ACT))

    @rule(pick=PICK, later=SHIFTS)
    def move_one(self, pick: int, later: timedelta) -> None:
        if found := self._pick(pick, "planned"):
            self._try(alone, found[0], later)

    @rule(pick=PICK)
    def cancel_one(self, pick: int) -> None:
        if found := self._pick(pick, "planned"):
            self._try(cancelled, found[0])

    @rule(pick=PICK)
    def put_one_back(self, pick: int) -> None:
        if found := self._pick(pick, *OFF):
            self._try(back, found[0])

    @rule(pick=PICK, scope=SCOPES, later=SHIFTS)
    def shift(self, pick: int, scope: Any, later: timedelta) -> None:
        if found := self._pick(pick, "planned"):
            self._try(changed, found[1], scope, found[0], later=later)

    @rule(pick=PICK, scope=SCOPES, pattern=PATTERNS)
    def repeat_otherwise(self, pick: int, scope: Any, pattern: str) -> None:
        if found := self._pick(pick, "planned"):
            self._try(changed, found[1], scope, found[0], rule=pattern)

    @rule(pick=PICK, scope=SCOPES, rooms=ROOMS)
    def other_rooms(self, pick: int, scope: Any, rooms: tuple[int, ...]) -> None:
        if found := self._pick(pick, "planned"):
            self._try(changed, found[1], scope, found[0], room_ids=rooms, title=f"Giao ban {pick}")

    @rule(pick=PICK, scope=SCOPES)
    def cancel_many(self, pick: int, scope: Any) -> None:
        if found := self._pick(pick, "planned"):
            self._try(called_off, found[1], scope, found[0])

    @rule(pick=PICK)
    def put_date_back(self, pick: int) -> None:
        def work(db: Session, *, now: datetime) -> None:
            query = select(Series, SeriesSkip).join(SeriesSkip, SeriesSkip.series_id == Series.id)
            found = db.execute(query.order_by(SeriesSkip.id)).all()
            if found:
                series, skip = found[pick % len(found)]
                put_back_date(db, series.key, skip.original_starts, version=series.version, now=now, rules=RULES, **ACT)

        self._try(work)

    @rule(pick=PICK, hours=st.integers(0, 200))
    def add(self, pick: int, hours: int) -> None:
        found = self._pick(pick, "planned", *OFF)
        if found is None:
            return

        def work(db: Session, *, now: datetime) -> None:
            series = db.scalars(select(Series).where(Series.key == found[1])).one()
            booking = replace(wish_at(series.wish, START + hours * HOUR, 60))
            add_date(db, series.key, booking, version=series.version, now=now, rules=RULES, **ACT)

        self._try(work)

    @precondition(lambda self: self.now < START + 10 * DAY)
    @rule(days=st.integers(1, 4))
    def time_passes(self, days: int) -> None:
        self.now = max(self.now, START - DAY) + days * DAY

    @invariant()
    def everything_agrees(self) -> None:
        self.database.read_now(assert_agree, self.now)


def _run(database: Database, examples: int, steps: int = 12) -> None:
    machine = type("Course", (Course,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_fifty_courses(database: Database) -> None:
    offices(database, 3)
    _run(database, 50)


@pytest.mark.slow
def test_a_thousand_courses(database: Database) -> None:
    """On PostgreSQL, where it takes thrice as long, every second has twelve steps and the others have four;
    what only a long course finds is found in SQLite's thousand, as the acts are the same."""
    offices(database, 3)
    if database.sqlite:
        _run(database, 1000)
    else:
        _run(database, 500)
        _run(database, 500, steps=4)
