"""A feed after any acts, from what is kept, is the feed that is made from nothing; on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.feeds import body_queries, store
from confsvc.feeds.scope import Scope
from confsvc.feeds.store import TRUSTED, Made, Store
from rooms.errors import Problem
from rooms.places import change_room
from scheduler.booking.book import book
from scheduler.booking.edit import cancel
from scheduler.models import Conference, Guest, Series
from tests.confsvc.feeds.test_content import MADE, instants
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.series.test_series import HOUR, WEEK, booked, weekly
from tests.scheduler.booking.series.test_series_edit import alone, back, called_off, cancelled, changed

SCOPES = (Scope("unit", 2), Scope("unit", 12), Scope("room", 13), Scope("account", 1, "u11@hop.example"),
          Scope("public", 2))  # fmt: skip
Act = Callable[[Session, random.Random, datetime], Any]


def _some(db: Session, chance: random.Random) -> str:
    return chance.choice(list(db.scalars(select(Conference.key).order_by(Conference.id))))


def _series(db: Session, chance: random.Random) -> str:
    return chance.choice(list(db.scalars(select(Series.key).order_by(Series.id))))


def _book(db: Session, chance: random.Random, now: datetime) -> None:
    starts = START + timedelta(days=chance.randrange(3, 40), hours=chance.randrange(8))
    rooms = tuple(sorted(chance.sample(range(11, 18), 2)))
    book(db, wish(starts=starts, ends=starts + HOUR, room_ids=(2, *rooms)), actor="account:1", now=now, rules=RULES)


def _rename(db: Session, chance: random.Random, now: datetime) -> None:
    change_room(
        db, "r13", f"Hội trường {chance.randrange(99)}", line_id=None, backup_line_id=None, actor="cli", now=now
    )


def _off(db: Session, key: str, now: datetime) -> None:
    version = db.scalars(select(Conference.version).where(Conference.key == key)).one()
    cancel(db, key, version=version, reason="Bận", actor="account:1", now=now)


ACTS: tuple[Act, ...] = (
    _book, _book, _rename,
    lambda db, chance, now: booked(db, weekly(chance.randrange(2, 6))),
    lambda db, chance, now: alone(db, _some(db, chance), HOUR * chance.randrange(-2, 3), now=now),
    lambda db, chance, now: alone(db, _some(db, chance), now=now, note=f"Ghi chú {chance.randrange(9)}"),
    lambda db, chance, now: alone(db, _some(db, chance), now=now, room_ids=(2, 11, chance.randrange(12, 18))),
    lambda db, chance, now: cancelled(db, _some(db, chance), now=now),
    lambda db, chance, now: _off(db, _some(db, chance), now),
    lambda db, chance, now: back(db, _some(db, chance), now=now),
    lambda db, chance, now: changed(db, _series(db, chance), now=now, title=f"Giao ban {chance.randrange(9)}"),
    lambda db, chance, now: changed(db, _series(db, chance), now=now, later=HOUR),
    lambda db, chance, now: called_off(db, _series(db, chance), now=now),
)  # fmt: skip


def _tried(db: Session, act: Act, chance: random.Random, now: datetime) -> None:
    act(db, chance, now)


async def _course(database: Database, seed: int, steps: int) -> int:
    """Two processes' stores beside each other, asked in turn; how many acts were possible."""
    chance, stores, now, done = random.Random(seed), (Store(), Store()), NOW, 0
    before: dict[Scope, tuple[bytes, datetime]] = {}
    for _ in range(steps):
        try:
            await database.write(_tried, chance.choice(ACTS), chance, now)
            done += 1
        except (Problem, IndexError):
            pass
        now += TRUSTED
        for scope in SCOPES:
            kept = await chance.choice(stores).find(database, scope, "ics", MADE, now=now)
            anew, _ = await database.read(_from_nothing, scope, now=now)
            assert kept.plain == anew.plain, (seed, scope)
            assert kept.etag == anew.etag
            plain, modified = before.get(scope, (kept.plain, kept.modified))
            assert (kept.plain == plain) == (kept.modified == modified)
            assert kept.modified >= modified
            before[scope] = kept.plain, kept.modified
        shown = instants((await stores[0].find(database, SCOPES[0], "ics", MADE, now=now)).plain)
        assert shown == await database.read(_planned)
    return done


def _from_nothing(db: Session, scope: Scope, *, now: datetime) -> tuple[store.Body, bool]:
    seen = store.content.look(db, scope, store.window(now), public_url=MADE.public_url)
    plain = store.calendar(db, scope, seen, MADE)
    return store.Body("", store.feed.etag(plain), now, plain, b""), True


def _planned(db: Session) -> list[datetime]:
    query = select(Conference.starts).where(Conference.state.in_(("planned", "provisioned")))
    return sorted(db.scalars(query))


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_kept_is_what_would_be_written(database: Database, seed: int) -> None:
    offices(database)
    assert await _course(database, seed, 14) > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 14))
async def test_what_is_kept_is_what_would_be_written_over_a_long_time(database: Database, seed: int) -> None:
    offices(database)
    assert await _course(database, seed, 60) > 15


async def test_nothing_is_read_again_within_some_seconds_and_one_packed_body_is_kept(database: Database) -> None:
    offices(database)
    made, kept = Store(), Scope("unit", 2)
    database.write_now(booked, weekly())
    first = await made.find(database, kept, "ics", MADE, now=NOW)
    database.write_now(lambda db: db.execute(update(Conference).values(title="Khác", version=9)) and None)
    assert await made.find(database, kept, "ics", MADE, now=NOW + TRUSTED / 2) is first
    second = await made.find(database, kept, "ics", MADE, now=NOW + TRUSTED)
    assert "Khác".encode() in second.plain
    assert second.modified > first.modified
    third = await Store().find(database, kept, "ics", MADE, now=NOW + timedelta(hours=1))
    assert (third.plain, third.etag, third.modified) == (second.plain, second.etag, second.modified)
    stored = database.read_now(body_queries.find_body, "unit:2:ics")
    assert stored is not None
    assert (stored.packed, stored.etag) == (second.packed, second.etag)
    other = Made("Tên khác", "https://hop.example", "hop.example")
    assert (await made.find(database, kept, "ics", other, now=NOW + timedelta(hours=2))).plain != third.plain


def test_somebody_removed_from_a_meeting_reads_of_it_no_more(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    mine = Scope("account", 9, "u11@hop.example")
    assert len(instants(database.read_now(store.current, mine, "ics", MADE, None, now=NOW)[0].plain)) == 4
    database.write_now(alone, made.dates[0].key, room_ids=(2, 12))
    assert database.read_now(lambda db: db.scalars(select(Guest).where(Guest.removed_at.is_not(None))).all())
    left = instants(database.read_now(store.current, mine, "ics", MADE, None, now=NOW)[0].plain)
    assert left == [START + n * WEEK for n in (1, 2, 3)]
