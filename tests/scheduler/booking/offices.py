"""A small province for tests of booking: a host, ten districts with a hall and a contact each, one video host."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Person, Room, RoomUnit, Unit, UnitName
from rooms.names import search_key, sort_key
from scheduler.booking.booking import Booking, Rules
from scheduler.models import Bridge, KpiScope

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # Tuesday 08:00 in the province
START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
RULES = Rules(bridges=(1,), mail_domain="hop.example")
SINCE = date(2000, 1, 1)


def _unit(db: Session, unit_id: int, code: str, name: str, level: str, parent: int | None) -> None:
    db.execute(
        insert(Unit).values(
            id=unit_id, code=code, level=level, parent_id=parent, valid_from=SINCE, kpi_host=unit_id == 2
        )
    )
    names = {"name": name, "short": name, "search_key": search_key(name)}
    db.execute(insert(UnitName).values(unit_id=unit_id, valid_from=SINCE, **names))


def open_offices(db: Session, districts: int = 10) -> None:
    """Units 1 (province), 2 (the host), 11… (districts), rooms with the same ids, a contact in each."""
    _unit(db, 1, "BG", "Tỉnh Bắc Giang", "province", None)
    _unit(db, 2, "STTTT", "Sở TT&TT", "province_agency", 1)
    for n in range(districts):
        _unit(db, 11 + n, f"H{n}", f"Huyện {n}", "district", 1)
    for unit_id in (2, *range(11, 11 + districts)):
        db.execute(
            insert(Room).values(id=unit_id, key=f"r{unit_id}", name=f"Phòng {unit_id}", search_key=f"phong {unit_id}")
        )
        db.execute(insert(RoomUnit).values(room_id=unit_id, unit_id=unit_id, valid_from=SINCE))
        who: dict[str, Any] = {"name": f"Đầu mối {unit_id}", "mail": f"u{unit_id}@hop.example", "is_contact": True}
        db.execute(insert(Person).values(unit_id=unit_id, sort_key=sort_key(who["name"]), search_key="", **who))
    db.execute(insert(Bridge).values(id=1, name="chinh", base_url="https://meet.example"))
    db.execute(insert(KpiScope).values(counterpart_level="district", valid_from=SINCE))


def offices(database: Database, districts: int = 10) -> Database:
    database.write_now(open_offices, districts)
    return database


def wish(**changes: Any) -> Booking:
    """A training of the host with three districts, a week ahead."""
    booking = Booking(
        title="Tập huấn an toàn thông tin",
        kind="training",
        form="online",
        host_unit_id=2,
        starts=START,
        ends=START + timedelta(hours=2),
        room_ids=(2, 11, 12, 13),
        no_secrets=True,
    )
    return replace(booking, **changes)
