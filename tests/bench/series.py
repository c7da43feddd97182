"""A year of weekly meetings of thirty sites, looked at date by date and booked, against writing its rows alone.

In-process on both databases: one transaction each; the rows alone are those that the booking wrote, inserted in the one
statement (prepared ones on SQLite) that bookings use too.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.bulk import insert_bundle
from rooms.models import Room, Unit
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.series.book import book_series, check_series
from scheduler.booking.series.wish import SeriesWish
from scheduler.local_time import instant, local_day
from scheduler.models import (
    CalendarItem,
    Conference,
    Delegation,
    Edition,
    Effect,
    Guest,
    Opening,
    Reservation,
    Series,
    Site,
)
from tests.bench.figure import Figure
from tests.bench.house import furnish, postgres

ROUNDS, WEEKS, SITES = 3, 52, 30
GOAL = 0.15
ROWS = (CalendarItem, Edition, Series, Conference, Site, Delegation, Guest, Opening, Reservation, Effect)


def figures(only: str) -> Iterator[Figure]:
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="confsvc-bench-db-")))
        for backend, url in (
            ("postgresql", server.url(server.create())),
            ("sqlite", f"sqlite:///{folder / 'db.sqlite3'}"),
        ):
            database = Database(url)
            furnish(database, present=False)
            yield from _measure(backend, database)
            database.close()


def _wish(db: Session, now: datetime) -> SeriesWish:
    host = db.scalars(select(Unit.id).where(Unit.code == "STTTT")).one()
    rooms = tuple(db.scalars(select(Room.id).order_by(Room.id).limit(SITES)))
    starts = instant(local_day(now) + timedelta(days=9), clock(8))
    booking = Booking(
        title="Giao ban tuần", kind="briefing", form="online", host_unit_id=host, starts=starts,
        ends=starts + timedelta(hours=2), room_ids=rooms, no_secrets=True,
    )  # fmt: skip
    return SeriesWish(booking, rule=f"FREQ=WEEKLY;COUNT={WEEKS}")


def _measure(backend: str, database: Database) -> Iterator[Figure]:
    now, rules = datetime.now(UTC), Rules(bridges=(1,), mail_domain="bench.example")
    wish = database.read_now(_wish, now)
    looked, booked, written = [], [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = database.read_now(check_series, wish, now=now, rules=rules)
        looked.append(time.perf_counter() - began)
        if not found.ok:
            raise RuntimeError(f"{found.fitting} of {WEEKS} dates fit: {found.errors}")
        began = time.perf_counter()
        database.write_now(book_series, wish, actor="cli", now=now, rules=rules)
        booked.append(time.perf_counter() - began)
        rows = database.read_now(_rows)
        database.write_now(_clear)
        began = time.perf_counter()
        database.write_now(insert_bundle, rows)
        written.append(time.perf_counter() - began)
        database.write_now(_clear)
    for what, took, goal in (("checked", looked, None), ("booked", booked, None), ("", None, GOAL)):
        ours = took or [one + other for one, other in zip(looked, booked, strict=True)]
        name = f"booking.series_52x30.{backend}{f'.{what}' if what else ''}"
        yield Figure(name, median(ours) * 1000, "ms", median(written) / median(ours), "its_rows_alone", goal)


def _rows(db: Session) -> list[tuple[Any, list[dict[str, Any]]]]:
    return [
        (model, [{c.name: getattr(row, c.name) for c in model.__table__.columns} for row in db.scalars(select(model))])
        for model in ROWS
    ]  # fmt: skip


def _clear(db: Session) -> None:
    for model in (Effect, Conference, Series, CalendarItem):
        db.execute(delete(model))
