"""Tables of WHERE and WHO: units and their history, rooms, lines, endpoints, people, and the rows changes leave."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Base, Id, Row, add_rule, append_only_ddl, no_overlap_ddl, one_of, options

LEVELS = ("province", "province_body", "province_agency", "district", "commune")


class Unit(Row):
    """An office. Its names, numbers and rooms are dated rows; ``valid_to`` is the last day it existed."""

    __tablename__ = "unit"
    code: Mapped[str] = mapped_column(unique=True)
    level: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    position: Mapped[int] = mapped_column(default=0)  # protocol order, never alphabetical
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    kpi_host: Mapped[bool] = mapped_column(default=False)
    letter_symbol: Mapped[str] = mapped_column(default="")
    seat: Mapped[str] = mapped_column(default="")
    road_km: Mapped[int | None]
    drive_min: Mapped[int | None]
    confidence: Mapped[str] = mapped_column(default="high")
    __table_args__ = options(
        one_of("level", LEVELS),
        one_of("confidence", ("high", "medium", "low")),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="valid"),
        Index(None, "parent_id"),
    )


class UnitName(Row):
    """What a unit was called, from one day to another (inclusive)."""

    __tablename__ = "unit_name"
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]
    short: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    search_key: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = options(
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="valid"), Index(None, "unit_id")
    )


add_rule(
    UnitName.__table__,
    no_overlap_ddl("unit_name_no_overlap", "unit_name", "unit_id", "valid_from", "valid_to", dates=True),
)


class UnitExtId(Row):
    """A number that others use for a unit; numbers are given again to other units later (GSO 24)."""

    __tablename__ = "unit_ext_id"
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    scheme: Mapped[str]
    value: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = options(UniqueConstraint("scheme", "value", "valid_from"), Index(None, "unit_id"))


class UnitSuccession(Row):
    """Who took over from whom on which day (the first day of the new state)."""

    __tablename__ = "unit_succession"
    from_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    on_date: Mapped[date]
    kind: Mapped[str]
    __table_args__ = options(
        UniqueConstraint("from_id", "to_id", "on_date"), one_of("kind", ("merge", "split", "rename", "transfer"))
    )


class Line(Row):
    """A building's network line; unknown speed (NULL) is "chưa đo"."""

    __tablename__ = "line"
    name: Mapped[str]
    owner_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kbps_up: Mapped[int | None]
    kbps_down: Mapped[int | None]
    share: Mapped[int] = mapped_column(default=80, sort_order=1)  # percent that conferences may take
    __table_args__ = options(
        CheckConstraint("kbps_up > 0 AND kbps_down > 0", name="speed"),
        CheckConstraint("share BETWEEN 1 AND 100", name="share"),
    )


class Room(Row):
    """A physical room. It survives its office: which unit holds it is dated."""

    __tablename__ = "room"
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    search_key: Mapped[str]
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    backup_line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    retired_at: Mapped[datetime | None]


class RoomUnit(Row):
    """Which unit held a room, from one day to another (inclusive)."""

    __tablename__ = "room_unit"
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = options(Index(None, "room_id"), Index(None, "unit_id"))


add_rule(
    RoomUnit.__table__,
    no_overlap_ddl("room_unit_no_overlap", "room_unit", "room_id", "valid_from", "valid_to", dates=True),
)


class Endpoint(Row):
    """The device in a room. One live endpoint a slot; replaced hardware is a new row, the old one is revoked."""

    __tablename__ = "endpoint"
    key: Mapped[str] = mapped_column(unique=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    slot: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(default="kiosk")
    model: Mapped[str] = mapped_column(default="")
    app_version: Mapped[str] = mapped_column(default="")
    want_rev: Mapped[int] = mapped_column(default=0)
    paired_at: Mapped[datetime | None]
    paired_by: Mapped[str | None]
    last_seen: Mapped[datetime | None]  # written in batches; the hub knows the present
    revoked_at: Mapped[datetime | None]
    __table_args__ = options(
        one_of("kind", ("kiosk", "legacy_vcs")),
        Index(
            "uq_endpoint_live",
            "room_id",
            "slot",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
            sqlite_where=text("revoked_at IS NULL"),
        ),
    )


class EndpointToken(Row):
    """A secret an endpoint holds, as SHA-256. ``superseded_at``: a newer refresh token was used since."""

    __tablename__ = "endpoint_token"
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"))
    kind: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    issued: Mapped[datetime]
    expires: Mapped[datetime]
    used_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    __table_args__ = options(one_of("kind", ("refresh", "access")), Index(None, "endpoint_id"))


class Pairing(Row):
    """A device that shows a code and waits for an operator to say which room it stands in."""

    __tablename__ = "pairing"
    device_sha256: Mapped[str] = mapped_column(unique=True)
    user_code: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    model: Mapped[str]
    app_version: Mapped[str]
    address: Mapped[str]
    started: Mapped[datetime]
    expires: Mapped[datetime]
    last_poll: Mapped[datetime | None]
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    decided_by: Mapped[str | None]
    __table_args__ = options(one_of("state", ("waiting", "confirmed", "denied", "delivered")))


class Person(Row):
    """Somebody, or a role's mailbox (``is_contact``), at a unit. ``confirmed``: somebody checked the address."""

    __tablename__ = "person"
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    mail: Mapped[str | None]
    phone: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="vi")
    is_contact: Mapped[bool] = mapped_column(default=False)
    confirmed: Mapped[bool] = mapped_column(default=False)
    sort_key: Mapped[str]
    search_key: Mapped[str]
    retired_at: Mapped[datetime | None]
    __table_args__ = options(Index(None, "unit_id"))


class Change(Row):
    """What somebody decided: who, when, what, before, after, why. Append only; demonstration rows can be removed."""

    __tablename__ = "change"
    at: Mapped[datetime]
    actor: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    act: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    __table_args__ = options(Index(None, "subject_kind", "subject_id"), Index(None, "at"))


CHANGE_RULE = append_only_ddl("change", except_when="old.actor = 'demo'")
add_rule(Change.__table__, CHANGE_RULE)

__all__ = [
    "LEVELS", "Base", "Change", "Endpoint", "EndpointToken", "Id", "Line", "Pairing", "Person", "Room", "RoomUnit",
    "Unit", "UnitExtId", "UnitName", "UnitSuccession",
]  # fmt: skip
