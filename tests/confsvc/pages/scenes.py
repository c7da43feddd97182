"""Conferences for the tests of pages: booked through the same functions as in the product, at the service's time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from rooms.models import Endpoint
from rooms.place_queries import list_rooms
from scheduler.booking import edit
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking, GuestWish, Rules
from scheduler.conduct.advance import advance
from scheduler.conduct.facts import NewFact, add_fact
from scheduler.local_time import local_day
from scheduler.models import Conference, Presence, Series

DISTRICTS = ("TPBG", "YTHE", "TYEN", "LGIANG", "LNAM", "LNGAN", "SDONG", "YDUNG", "VYEN", "HHOA")
GUESTS = tuple(GuestWish(f"Đại biểu {n:02}", f"daibieu{n:02}@bacgiang.example") for n in range(28))


def room_ids(db: Session, codes: Sequence[str], now: datetime) -> tuple[int, ...]:
    """The halls of these offices, in this order."""
    by_code = {room.unit_code: room.id for room in list_rooms(db, local_day(now))}
    return tuple(by_code[code] for code in codes)


def wish(db: Session, host: str, codes: Sequence[str], starts: datetime, **changes: Any) -> Booking:
    """A training of ``host`` with the halls of ``codes``, two hours."""
    rooms = list_rooms(db, local_day(starts))
    made = Booking(
        title="Tập huấn an toàn thông tin", kind="training", form="online",
        host_unit_id=next(room.unit_id for room in rooms if room.unit_code == host), starts=starts,
        ends=starts + timedelta(hours=2), room_ids=room_ids(db, codes, starts), no_secrets=True,
        chair_name="Nguyễn Văn Hòa", chair_title="Giám đốc Sở", contact_name="Trần Thị Bình",
        contact_phone="0240 3555 989", short_notice_reason="Có công văn hỏa tốc của Bộ",
    )  # fmt: skip
    return replace(made, **changes)


def booked(
    db: Session, host: str, codes: Sequence[str], starts: datetime, *, now: datetime, rules: Rules, draft: bool = False,
    **changes: Any,
) -> Booked:  # fmt: skip
    """A unit of work: ``wish`` booked by "account:1"."""
    return book(db, wish(db, host, codes, starts, **changes), actor="account:1", now=now, rules=rules, draft=draft)


def whole(db: Session, starts: datetime, *, now: datetime, rules: Rules, **changes: Any) -> Booked:
    """Twelve sites and forty recipients."""
    codes = ("STTTT", "VPUB", *DISTRICTS)
    return booked(db, "STTTT", codes, starts, now=now, rules=rules, **{"guests": GUESTS, **changes})


def pair_all(db: Session, codes: Sequence[str], *, now: datetime) -> None:
    """The devices of these offices are paired and heard just now."""
    ids = [room.endpoint_id for room in list_rooms(db, local_day(now)) if room.unit_code in codes]
    db.execute(update(Endpoint).where(Endpoint.id.in_(ids)).values(paired_at=now, last_seen=now))


def step(db: Session, key: str, *, now: datetime, rules: Rules) -> str:
    """Do every step that is due; the state then."""
    conference = db.query(Conference).filter_by(key=key).one()
    while True:
        db.execute(update(Conference).where(Conference.id == conference.id).values(due=now))
        taken = advance(db, conference.id, now=now, timing=rules.timing)
        db.expire_all()
        if taken is None or taken.to is None:
            return conference.state


def join_all(db: Session, key: str, codes: Sequence[str], at: datetime, *, left: datetime | None = None) -> None:
    """The video host saw the devices of these offices come, and go when ``left`` is given."""
    for room in list_rooms(db, local_day(at)):
        if room.unit_code not in codes:
            continue
        device, connection = f"endpoint:{room.endpoint_key}", f"{key}/{room.key}"
        data: dict[str, Any] = {"connection": connection, "device": device, "name": room.unit_short}
        facts = [("occupant.joined", at, {**data, "joined": at.isoformat()})]
        if left is not None:
            facts.append(("occupant.left", left, {**data, "joined": at.isoformat(), "left": left.isoformat()}))
        for kind, moment, values in facts:
            fact = NewFact(f"{kind}:{connection}", kind, "bridge:1", moment, values, conference_key=key)
            add_fact(db, fact, now=moment)


def cancelled(db: Session, key: str, *, now: datetime) -> None:
    """A unit of work: cancel it as it stands."""
    version = db.query(Conference.version).filter_by(key=key).scalar()
    edit.cancel(db, key, version=version, reason="Lịch công tác thay đổi", actor="account:1", now=now)


def found(db: Session, key: str) -> Conference:
    return db.query(Conference).filter_by(key=key).one()


def recorded(db: Session, key: str, dates: int, came: int) -> None:
    """The first dates of a series are over and recorded, and so many devices were seen at each."""
    query = select(Conference).join(Series, Series.id == Conference.series_id).where(Series.key == key)
    for one in db.scalars(query.order_by(Conference.starts)).all()[:dates]:
        db.execute(update(Conference).where(Conference.id == one.id).values(state="recorded", due=None))
        for n in range(came):
            seen = {"device": f"d{n}", "joined": one.starts, "left": one.ends, "source": "host"}
            db.execute(insert(Presence).values(conference_id=one.id, **seen))
