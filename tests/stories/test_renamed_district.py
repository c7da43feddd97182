"""A district is renamed and a commune moves to another district between booking and sitting: the invitations, the page,
the record and the measure name the units as they are on the sitting's day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms.queries import find_unit
from rooms.units import UnitWish, add_unit, rename_unit, retire_unit
from scheduler.models import Attendance, Conference, Delegation, TallyDistrict
from tests.fakes.service import Service
from tests.fakes.smtp_sink import Received
from tests.stories.day import local

DAY = date(2026, 11, 25)


def _text(letter: Received) -> str:
    body = letter.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _commune(code: str, parent: str) -> UnitWish:
    return UnitWish(code=code, level="commune", parent=parent, name="Xã Đông Sơn", short="Đông Sơn")


def _renamed(db: Session, now: datetime) -> None:
    """On the sitting's very day; what was known of it when it was booked was the old name."""
    who: dict[str, Any] = {"actor": "account:1", "now": now}
    rename_unit(db, "HHOA", "Thị xã Hiệp Hòa", "TX Hiệp Hòa", "", on=DAY, **who)
    add_unit(db, _commune("DSON2", "LNGAN"), on=DAY, **who)
    retire_unit(db, "DSON", last_day=date(2026, 11, 24), successor="DSON2", kind="transfer", **who)


async def test_everything_names_the_unit_as_on_the_sittings_day(service: Service) -> None:
    who: dict[str, Any] = {"actor": "account:1", "now": service.clock()}
    await service.pair("STTTT", "HHOA")
    await service.database.write(add_unit, _commune("DSON", "YDUNG"), on=date(2020, 1, 1), **who)
    made = await service.book("STTTT", "HHOA", units=["DSON"], starts=local(25, 9), ends=local(25, 10))
    await service.move_to(local(23, 9))
    first = list(service.sink.received)
    assert first and "TX Hi" not in await service.page(f"/conferences/{made['key']}")

    await service.database.write(_renamed, service.clock())
    await service.move_to(local(23, 9, 30))
    told = service.sink.received[len(first) :]
    assert told, "whoever was invited is told once"
    assert all("TX Hiệp Hòa" in _text(one) for one in told)
    assert len({one.recipients[0] for one in told}) == len(told)
    page = await service.page(f"/conferences/{made['key']}")
    assert "TX Hiệp Hòa" in page and "Ghi tên đơn vị theo ngày họp" in page
    await service.move_to(local(23, 10))
    assert len(service.sink.received) == len(first) + len(told), "and not again"

    await service.move_to(local(25, 11))
    parts = await service.rows(Delegation)
    lines = {line.delegation_id: line.mode for line in await service.rows(Attendance)}
    assert lines[parts[1].id] == "online"
    assert [part.unit_short for part in parts] == ["Sở TT&TT", "TX Hiệp Hòa", "Đông Sơn"]
    lngan = await service.database.read(find_unit, "LNGAN", DAY)
    assert lngan is not None and parts[2].counterpart_unit_id == lngan.id
    shown = await service.api("GET", f"/conferences/{made['key']}")
    assert "TX Hiệp Hòa" in str(shown) and shown["state"] == "recorded"
    counted = await service.rows(TallyDistrict)
    assert {row.counterpart_unit_id for row in counted} <= {parts[1].counterpart_unit_id, lngan.id} and counted

    await service.database.write(
        rename_unit, "HHOA", "Thành phố Hiệp Hòa", "TP Hiệp Hòa", "", on=date(2026, 11, 26),
        actor="account:1", now=service.clock(),
    )  # fmt: skip
    await service.move_to(local(25, 12))
    assert "TX Hiệp Hòa" in await service.page(f"/conferences/{made['key']}"), "what was keeps the name it had"
    assert (await service.database.read(_states)) == ["recorded"]


def _states(db: Session) -> list[str]:
    return list(db.scalars(select(Conference.state)))
