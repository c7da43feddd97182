"""Whatever is booked, changed, cancelled, closed and lifted: lines, host and rooms never hold more than they have."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Line, Room
from scheduler.booking.book import book
from scheduler.booking.edit import booking_of, cancel, change
from scheduler.booking.place.capacity import CLOSED, Amount, BridgeLimit, Load, peak
from scheduler.booking.place.closures import ClosureWish, add_closure, lift_closure
from scheduler.booking.queries import find_conference
from scheduler.errors import NoPlace, StillBooked
from scheduler.models import Conference, Reservation
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

LINES = {1: (900, 6000), 2: (None, None)}
SEATS, KBPS = 9, 9000
HOUR = timedelta(hours=1)
HOUSE = replace(RULES, bridge_limits={1: BridgeLimit(seats=SEATS, kbps=KBPS)}, horizon_days=20_000)
ROOMS = st.lists(st.sampled_from([11, 12, 13, 14]), min_size=1, max_size=4, unique=True).map(tuple)
BEGINS = st.integers(0, 8)  # half hours
LENGTHS = st.integers(1, 5)
TOPS = st.sampled_from(["", "360p", "audio"])
_weeks = count()


def lines(db: Session) -> None:
    """Rooms 11 and 12 in one building, 13 and 14 in another that nobody measured."""
    for line_id, (up, down) in LINES.items():
        db.execute(insert(Line).values(id=line_id, name=f"Nhà {line_id}", owner_unit_id=2, kbps_up=up, kbps_down=down))
        db.execute(update(Room).where(Room.id.in_((9 + 2 * line_id, 10 + 2 * line_id))).values(line_id=line_id))


class Course(RuleBasedStateMachine):
    """Many acts on one day; each example has a week of its own."""

    database: ClassVar[Database]
    conferences = Bundle("conferences")
    closures = Bundle("closures")

    def __init__(self) -> None:
        super().__init__()
        self.day = START + timedelta(days=7) * next(_weeks)

    def _try(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer, or None when it was refused for want of room; nothing else may be refused."""
        try:
            return self.database.write_now(work, *args, now=NOW, **kwargs)
        except NoPlace:
            return None

    def _span(self, begin: int, length: int) -> dict[str, Any]:
        starts = self.day + begin * HOUR / 2
        return {"starts": starts, "ends": starts + length * HOUR / 2}

    @rule(target=conferences, rooms=ROOMS, begin=BEGINS, length=LENGTHS, top=TOPS)
    def book(self, rooms: tuple[int, ...], begin: int, length: int, top: str) -> Any:
        wanted = wish(room_ids=rooms, top_profile=top, **self._span(begin, length))
        made = self._try(book, wanted, actor="account:1", rules=HOUSE)
        return made.key if made else multiple()

    @rule(key=conferences, rooms=ROOMS, begin=BEGINS, length=LENGTHS, top=TOPS)
    def change(self, key: str, rooms: tuple[int, ...], begin: int, length: int, top: str) -> None:
        def work(db: Session, *, now: Any) -> Any:
            conference = find_conference(db, key)
            assert conference is not None
            other = replace(booking_of(db, conference), room_ids=rooms, top_profile=top, **self._span(begin, length))
            return change(db, key, other, version=conference.version, actor="account:1", now=now, rules=HOUSE)

        self._try(work)

    @rule(key=consumes(conferences))
    def cancel(self, key: str) -> None:
        def work(db: Session, *, now: Any) -> Any:
            conference = find_conference(db, key)
            assert conference is not None
            return cancel(db, key, version=conference.version, reason="hoãn", actor="account:1", now=now)

        self._try(work)

    @rule(target=closures, begin=BEGINS, length=LENGTHS, rooms=st.sampled_from([(), (11,), (13, 14)]),
          line=st.sampled_from([(), (1,), (2,)]), host=st.sampled_from([(), (1,)]))  # fmt: skip
    def close(self, begin: int, length: int, rooms: Any, line: Any, host: Any) -> Any:
        asked = ClosureWish("maintenance", "Bảo trì", **self._span(begin, length), room_ids=rooms, line_ids=line,
                            bridge_ids=host)  # fmt: skip
        if not (rooms or line or host):
            return multiple()
        try:
            return self._try(add_closure, asked, actor="account:9") or multiple()
        except StillBooked as refusal:
            if line or host:  # left as it is; in closed rooms whoever was booked before may stay
                return multiple()
            return self._try(add_closure, asked, actor="account:9", seen=refusal.seen)

    @rule(key=consumes(closures))
    def lift(self, key: str) -> None:
        self._try(lift_closure, key, actor="account:9")

    @invariant()
    def nothing_holds_more_than_it_has(self) -> None:
        rows = self.database.read_now(self._rows)
        for line_id, (up, down) in LINES.items():
            mine = [row for row in rows if row.line_id == line_id]
            most = Amount(0, (up or 512) * 80 // 100, (down or 2000) * 80 // 100)
            self._judge(mine, most)
        self._judge([row for row in rows if row.bridge_id == 1], Amount(SEATS, KBPS, CLOSED.kbps_down))
        for room_id in (11, 12, 13, 14):
            mine = sorted((row for row in rows if row.room_id == room_id), key=lambda row: row.starts)
            assert all(one.ends <= other.starts for one, other in pairwise(mine))

    def _rows(self, db: Session) -> list[Reservation]:
        until = self.day + timedelta(days=3)
        found = list(
            db.scalars(select(Reservation).where(Reservation.starts > self.day - 4 * HOUR, Reservation.starts < until))
        )
        alive = set(db.scalars(select(Conference.id).where(Conference.state == "planned")))
        assert {row.conference_id for row in found if row.conference_id} <= alive, "nothing is held for nobody"
        db.expunge_all()
        return [row for row in found if row.holds]  # what a closure would hold where somebody may stay is only shown

    def _judge(self, rows: list[Reservation], most: Amount) -> None:
        loads = [(row, Load(row.starts, row.ends, Amount(row.seats, row.kbps_up, row.kbps_down))) for row in rows]
        booked = [load for row, load in loads if row.conference_id]
        highest = peak(booked, self.day - 4 * HOUR, self.day + timedelta(days=3))
        assert all(have <= limit for have, limit in zip(highest, most, strict=True)), (highest, most)
        for row, closure in loads:
            if row.closure_id:
                assert peak(booked, closure.starts, closure.ends) == Amount(), "nothing runs where it is closed"


def _run(database: Database, examples: int) -> None:
    offices(database)
    database.write_now(lines)
    machine = type("Course", (Course,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_fifty_courses(database: Database) -> None:
    _run(database, 50)


@pytest.mark.slow
def test_a_thousand_courses(database: Database) -> None:
    _run(database, 1000)
