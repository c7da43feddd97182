"""The statements on written feeds, secret addresses and public timetables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from confsvc.feeds.models import FeedBody, FeedToken, PublicTimetable
from confsvc.models import Account
from rooms.models import Room


def find_body(db: Session, name: str) -> FeedBody | None:
    return db.scalar(select(FeedBody).where(FeedBody.feed == name))


def put_body(db: Session, name: str, body: Any, *, now: datetime) -> datetime:
    """Keep a feed as written (``store.Body``); when it last said something else. That rises by a second at least, since
    two changes within one would else look like none to whoever asks with a date."""
    before = db.execute(
        select(FeedBody.etag, FeedBody.modified).where(FeedBody.feed == name).with_for_update()
    ).one_or_none()
    modified = now.replace(microsecond=0)
    if before is not None:
        modified = before[1] if before[0] == body.etag else max(modified, before[1] + timedelta(seconds=1))
    values = {"stamp": body.stamp, "etag": body.etag, "modified": modified, "packed": body.packed}
    insert = (postgresql if db.connection().dialect.name == "postgresql" else sqlite).insert(FeedBody)
    row = insert.values(feed=name, **values)
    db.execute(row.on_conflict_do_update(index_elements=[FeedBody.feed], set_=values))
    return modified


def delete_bodies(db: Session, name: str | None = None) -> None:
    """Forget the feed of this name, or all: they are written anew when asked for."""
    query = delete(FeedBody)
    db.execute(query if name is None else query.where(FeedBody.feed == name))


class LiveFeed(NamedTuple):
    """A secret address as asked for. ``live``: neither it nor its person or room was put out of use."""

    id: int
    kind: str
    subject_id: int
    last_used: datetime | None
    mail: str
    live: bool


def find_feed(db: Session, sha256: str) -> LiveFeed | None:
    query = (
        select(FeedToken, Account.mail, Account.disabled_at, Room.retired_at)
        .outerjoin(Account, (FeedToken.kind == "account") & (Account.id == FeedToken.subject_id))
        .outerjoin(Room, (FeedToken.kind == "room") & (Room.id == FeedToken.subject_id))
        .where(FeedToken.sha256 == sha256)
    )
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    token, mail, disabled_at, retired_at = row
    live = token.revoked_at is None and disabled_at is None and retired_at is None
    return LiveFeed(token.id, token.kind, token.subject_id, token.last_used, (mail or "").lower(), live)


def list_tokens(db: Session, kind: str, subject_id: int) -> Sequence[FeedToken]:
    """Live addresses, the oldest first."""
    mine = (FeedToken.kind == kind, FeedToken.subject_id == subject_id, FeedToken.revoked_at.is_(None))
    return db.scalars(select(FeedToken).where(*mine).order_by(FeedToken.id)).all()


def find_token(db: Session, token_id: int) -> FeedToken | None:
    return db.get(FeedToken, token_id)


def count_tokens(db: Session, kind: str, subject_id: int) -> int:
    mine = (FeedToken.kind == kind, FeedToken.subject_id == subject_id, FeedToken.revoked_at.is_(None))
    return db.scalar(select(func.count()).select_from(FeedToken).where(*mine)) or 0


def set_token(db: Session, token_id: int, **values: Any) -> None:
    db.execute(update(FeedToken).where(FeedToken.id == token_id).values(**values))


def find_timetable(db: Session, unit_id: int) -> PublicTimetable | None:
    return db.scalar(select(PublicTimetable).where(PublicTimetable.unit_id == unit_id))


def add_timetable(db: Session, unit_id: int, *, by: str, now: datetime) -> None:
    insert = (postgresql if db.connection().dialect.name == "postgresql" else sqlite).insert(PublicTimetable)
    db.execute(insert.values(unit_id=unit_id, opened_by=by, opened_at=now).on_conflict_do_nothing())


def delete_timetable(db: Session, unit_id: int) -> bool:
    found = db.execute(delete(PublicTimetable).where(PublicTimetable.unit_id == unit_id).returning(PublicTimetable.id))
    return found.first() is not None


def find_account_name(db: Session, account_id: int) -> str:
    return db.scalar(select(Account.name).where(Account.id == account_id)) or ""
