"""The demonstration year is believable, reproducible, never mailed, and can be removed without a trace."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.cli.data import load_default_directory
from confsvc.database import Database
from confsvc.demonstration import queries
from confsvc.demonstration.plan import Offices, meetings
from confsvc.demonstration.play import NotEmpty, play
from confsvc.tables import Base
from rooms.models import Change
from scheduler.booking.booking import Rules
from scheduler.bridge_queries import Configured, register_bridges
from scheduler.local_time import LOCAL
from scheduler.models import Attendance, Conference, Effect, Fact, Reservation, Tally
from scheduler.record.figures import read_figures
from scheduler.record.selection import Selection
from scheduler.work_calendar import WorkCalendar

NOW = datetime(2026, 1, 27, 3, 0, tzinfo=UTC)
OFFICES = Offices("UBNDT", tuple(f"S{n}" for n in range(23)), tuple(f"H{n}" for n in range(10)))
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def test_the_same_seed_makes_the_same_year() -> None:
    assert meetings(OFFICES, *YEAR, WorkCalendar()) == meetings(OFFICES, *YEAR, WorkCalendar())
    assert meetings(OFFICES, *YEAR, WorkCalendar()) != meetings(OFFICES, *YEAR, WorkCalendar(), seed=1)
    assert meetings(OFFICES, YEAR[0], date(2026, 6, 30), WorkCalendar()) == [
        m for m in meetings(OFFICES, *YEAR, WorkCalendar()) if m.starts.astimezone(LOCAL).month <= 6
    ]


def test_the_year_has_the_shape_of_the_plan() -> None:
    plan = meetings(OFFICES, *YEAR, WorkCalendar())
    assert 210 <= len(plan) <= 280
    months = Counter(m.starts.astimezone(LOCAL).month for m in plan)
    assert min(months[1], months[7], months[12]) > max(months[2], months[5])
    assert all(m.starts.astimezone(LOCAL).weekday() < 5 for m in plan)
    forms = Counter(m.form for m in plan)
    assert 0.55 < (forms["online"] + forms["hybrid"]) / len(plan) < 0.85
    assert {m.reason for m in plan if m.form == "logged"} >= {"content", "size", "line"}
    assert any(v.gap for m in plan for v in m.visits)
    assert any(m.broken_after for m in plan)


def _tables(db: Session) -> dict[str, int]:
    return {t.name: db.scalar(select(func.count()).select_from(t)) or 0 for t in Base.metadata.sorted_tables}


def test_it_is_played_counted_and_removed(database: Database) -> None:
    load_default_directory(database, mail_domain="hop.example", at=NOW - timedelta(days=400))
    bridges = database.write_now(register_bridges, [Configured("simulated", "http://127.0.0.1:1")])
    before = database.read_now(_tables)
    steps: list[tuple[int, int]] = []
    played = play(database, Rules(bridges=tuple(bridges)), now=NOW, progress=lambda *step: steps.append(step))
    assert steps[-1][0] == steps[-1][1] == len(steps)
    assert played.booked > 15

    def look(db: Session) -> None:
        assert db.scalar(select(func.count()).where(Conference.demo.is_(False))) == 0
        assert db.scalars(select(Effect).where(Effect.kind == "letter")).all() == []
        states = Counter(db.scalars(select(Conference.state)))
        assert states["recorded"] > 10
        assert states["planned"] >= 1
        assert (db.scalar(select(func.count()).select_from(Fact)) or 0) > 100
        assert {a.mode for a in db.scalars(select(Attendance))} >= {"online", "in_person"}
        assert db.scalar(select(func.count()).select_from(Tally)) == states["recorded"]

    database.read_now(look)
    figures = database.read_now(read_figures, 2026, Selection(), now=NOW)
    assert figures.measure.gross.den > 10
    assert 0 < figures.measure.gross.num < figures.measure.gross.den
    with pytest.raises(NotEmpty):
        play(database, Rules(bridges=tuple(bridges)), now=NOW)

    while database.write_now(queries.delete_demo, 20):
        pass
    database.write_now(queries.delete_demo_changes)
    assert database.read_now(_tables) == before
    assert database.read_now(lambda db: db.scalars(select(Reservation)).all()) == []
    assert "demo" not in database.read_now(lambda db: set(db.scalars(select(Change.actor))))
