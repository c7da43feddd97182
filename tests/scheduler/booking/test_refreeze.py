"""Units that are renamed, merged or moved between booking and sitting: delegations say what they are on that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Unit, UnitName
from rooms.names import search_key
from rooms.units import rename_unit, retire_unit
from scheduler.booking.book import book
from scheduler.booking.queries import UnitPart
from scheduler.booking.refreeze import refreeze, refrozen
from scheduler.booking.refreeze_queries import list_misnamed
from scheduler.local_time import local_day
from scheduler.models import Conference, Delegation, Edition
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

LATER = NOW + timedelta(hours=1)
DAY = local_day(START)
BY: dict[str, Any] = {"actor": "account:9", "now": LATER}


@dataclass
class Row:
    id: int
    unit_id: int
    unit_name: str = "A"
    unit_short: str = "A"
    level: str = "district"
    counterpart_unit_id: int | None = None


def part(unit_id: int, name: str = "A", level: str = "district") -> UnitPart:
    return UnitPart(unit_id, "C", level, name, name, None, None, "district")


def test_what_is_to_be_written_follows_from_the_units_of_the_day() -> None:
    same = Row(1, 11, counterpart_unit_id=11)
    assert not refrozen([same, Row(2, 12)], {11: part(11)}), "what is right, and what nobody stands for, stays"
    named = refrozen([same], {11: part(11, "B")})
    assert named.changed[1]["unit_name"] == "B" and named.gone == ()
    into = refrozen([Row(1, 12), Row(2, 11, counterpart_unit_id=11)], {11: part(11), 12: part(11)})
    assert into.gone == (1,) and not into.changed, "the one that is that unit already stays"
    two = refrozen([Row(1, 11), Row(2, 12)], {11: part(13), 12: part(13)})
    assert two.changed[1]["unit_id"] == 13 and two.gone == (2,)


def seen(database: Database, key: str) -> list[tuple[int, str]]:
    query = select(Delegation.unit_id, Delegation.unit_name).join(Conference).where(Conference.key == key)
    return database.read_now(lambda db: [(r[0], r[1]) for r in db.execute(query.order_by(Delegation.position))])


def content(database: Database) -> list[list[str]]:
    """The units that each edition names."""
    query = select(Edition).order_by(Edition.number)
    return database.read_now(lambda db: [[s["unit"] for s in e.content["sites"]] for e in db.scalars(query)])


def put_right(database: Database) -> int:
    found = database.read_now(list_misnamed, now=LATER)
    return sum(database.write_now(refreeze, conference_id, now=LATER) for conference_id in found)


def test_a_new_name_from_the_day_of_the_sitting_on_and_not_a_day_later(database: Database) -> None:
    offices(database)
    booked = database.write_now(book, wish(), actor="account:1", now=NOW, rules=RULES)
    assert database.read_now(list_misnamed, now=LATER) == []
    database.write_now(rename_unit, "H0", "Thị xã 0", "TX 0", "", on=DAY, **BY)
    database.write_now(rename_unit, "H1", "Thị xã 1", "TX 1", "", on=DAY + timedelta(days=1), **BY)
    assert put_right(database) == 1 and put_right(database) == 0
    assert [name for _, name in seen(database, booked.key)] == ["Sở TT&TT", "Thị xã 0", "Huyện 1", "Huyện 2"]
    assert content(database)[-1] == ["Sở TT&TT", "TX 0", "Huyện 1", "Huyện 2"], "everybody has the name in writing"
    assert len(content(database)) == 2
    conference = database.read_now(lambda db: db.scalars(select(Conference)).one())
    assert conference.version == 2, "a form that was opened before is stale"


def test_units_that_became_one_take_part_once_and_the_room_stays(database: Database) -> None:
    offices(database)
    booked = database.write_now(book, wish(), actor="account:1", now=NOW, rules=RULES)
    database.write_now(retire_unit, "H0", last_day=DAY - timedelta(days=1), successor="H1", **BY)
    assert put_right(database) == 1 and put_right(database) == 0
    assert [unit for unit, _ in seen(database, booked.key)] == [2, 12, 13]
    assert content(database)[-1] == ["Sở TT&TT", "Huyện 1", "Huyện 1", "Huyện 2"]


def _commune(db: Session, unit_id: int, code: str, parent: int, since: date) -> None:
    values = {"id": unit_id, "code": code, "level": "commune", "parent_id": parent, "valid_from": since}
    db.execute(insert(Unit).values(**values))
    name = {"name": f"Xã {code}", "short": code, "search_key": search_key(code), "valid_from": since}
    db.execute(insert(UnitName).values(unit_id=unit_id, **name))


def test_a_commune_that_moves_counts_for_the_district_it_belongs_to_that_day(database: Database) -> None:
    offices(database)
    database.write_now(_commune, 900, "X1", 11, date(2000, 1, 1))
    booked = database.write_now(book, wish(unit_ids=(900,)), actor="account:1", now=NOW, rules=RULES)
    database.write_now(_commune, 901, "X2", 12, DAY - timedelta(days=2))
    database.write_now(
        retire_unit, "X1", last_day=DAY - timedelta(days=3), successor="X2", kind="transfer", **BY
    )  # fmt: skip
    assert put_right(database) == 1
    query = select(Delegation).join(Conference).where(Conference.key == booked.key, Delegation.level == "commune")
    moved = database.read_now(lambda db: db.scalars(query).one())
    assert (moved.unit_id, moved.unit_short, moved.counterpart_unit_id) == (901, "X2", 12)


def test_what_has_begun_or_was_is_left_as_it_was(database: Database) -> None:
    offices(database)
    booked = database.write_now(book, wish(), actor="account:1", now=NOW, rules=RULES)
    database.write_now(rename_unit, "H0", "Thị xã 0", "TX 0", "", on=DAY, **BY)
    assert database.read_now(list_misnamed, now=START + timedelta(minutes=1)) == []
    assert not database.write_now(refreeze, booked.id, now=START)
    assert "Huyện 0" in [name for _, name in seen(database, booked.key)]
