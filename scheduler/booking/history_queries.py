"""Statements on what happened to one conference: letters, what people were told, changes, facts, its video room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from rooms.models import Change, Room
from scheduler.models import Bridge, Conference, Edition, Effect, Fact, Opening, Receipt, Told

_PART = Effect.payload["part"].as_string()
_UID = Effect.payload["uid"].as_string()


def list_letters(db: Session, conference: Conference) -> Sequence[Effect]:
    """Every letter owed or settled for one conference, in the order in which they were owed; for a date of a shared
    entry those about the whole entry too, which are kept with another date."""
    query = select(Effect).where(Effect.kind == "letter").order_by(Effect.id)
    if conference.recurrence_id is None:
        return db.scalars(query.where(Effect.conference_id == conference.id)).all()
    sharing = select(Conference.id).where(Conference.series_id == conference.series_id)
    of_this = or_(_PART.is_(None), conference.recurrence_id.isoformat() == _PART)
    return db.scalars(query.where(Effect.conference_id.in_(sharing), conference.uid == _UID, of_this)).all()


def list_told(db: Session, uid: str, part: str | None) -> dict[str, str | None]:
    """By address, what the last edition that surely arrived said: booked, changed, cancelled or removed. ``part``: of
    one date of the entry; what was said of the whole counts too."""
    query = select(Told.mail, Edition.content).outerjoin(Edition, Edition.id == Told.sure_edition)
    query = query.where(Told.uid == uid, Told.part.in_(("", part or ""))).order_by(Told.sure_edition)
    found: dict[str, str | None] = {}
    for mail, content in db.execute(query):
        found[mail] = content["what"] if content else found.get(mail)
    return found


def list_receipts(db: Session, uid: str) -> dict[str, Receipt]:
    """By address, what was done on the page behind the letters' link."""
    return {row.mail: row for row in db.scalars(select(Receipt).where(Receipt.uid == uid))}


def list_changes(db: Session, conference_id: int, *, since: datetime | None = None) -> Sequence[Change]:
    """What was decided about one conference, newest first; ``since``: only later than that."""
    query = select(Change).where(Change.subject_kind == "conference", Change.subject_id == conference_id)
    if since is not None:
        query = query.where(Change.at > since)
    return db.scalars(query.order_by(Change.at.desc(), Change.id.desc()).limit(200)).all()


def list_last_facts(db: Session, conference_id: int, limit: int) -> Sequence[Fact]:
    """What happened outside last, newest first."""
    query = select(Fact).where(Fact.conference_id == conference_id)
    return db.scalars(query.order_by(Fact.at.desc(), Fact.id.desc()).limit(limit)).all()


def list_room_names(db: Session, room_ids: Collection[int]) -> dict[int, str]:
    """What rooms are called, also retired ones."""
    return {row.id: row.name for row in db.execute(select(Room.id, Room.name).where(Room.id.in_(room_ids)))}


class VideoRoom(NamedTuple):
    """Where a conference is held on a video host."""

    bridge_id: int
    bridge: str
    base_url: str
    jitsi_name: str
    generation: int
    since: datetime
    until: datetime | None


def find_current_room(db: Session, conference_id: int) -> VideoRoom | None:
    """The latest video room of a conference, also one that was closed."""
    query = (
        select(
            Bridge.id, Bridge.name, Bridge.base_url, Opening.jitsi_name, Opening.generation, Opening.since,
            Opening.until,
        )
        .join(Bridge, Bridge.id == Opening.bridge_id)
        .where(Opening.conference_id == conference_id)
        .order_by(Opening.generation.desc())
        .limit(1)
    )  # fmt: skip
    row = db.execute(query).first()
    return VideoRoom(*row) if row else None
