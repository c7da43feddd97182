"""What the stories share: wall times of the province in 2026, the offices, and how a record is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import Attendance, Conference, Delegation
from tests.fakes.service import Service

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DISTRICTS = ("TPBG", "YTHE", "TYEN", "LGIANG", "LNAM", "LNGAN", "SDONG", "YDUNG", "VYEN", "HHOA")
TWELVE = ("STTTT", "UBNDT", *DISTRICTS)


def local(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 11) -> datetime:
    """A wall time in the province, as UTC."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=ZONE).astimezone(UTC)


async def conference(service: Service, key: str) -> Conference:
    (row,) = await service.rows(Conference, Conference.key == key)
    assert isinstance(row, Conference)
    return row


async def attendance(service: Service, key: str) -> dict[str, Attendance]:
    """The record's line of each office, by short name of the office."""

    def read(db: Session) -> dict[str, Any]:
        query = (
            select(Delegation.unit_id, Attendance)
            .join(Attendance, Attendance.delegation_id == Delegation.id)
            .join(Conference, Conference.id == Delegation.conference_id)
            .where(Conference.key == key)
        )
        codes = {room.unit_id: code for code, room in service.rooms.items()}
        return {codes[unit_id]: line for unit_id, line in db.execute(query)}

    return await service.database.read(read)
