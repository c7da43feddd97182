"""Tables of feeds: secret addresses, written bodies, and the offices whose timetable is public."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Id, Row, one_of, options

KINDS = ("account", "unit", "room")


class FeedToken(Row):
    """A secret address, as SHA-256: of a person, an office or a room (``kind``, ``subject_id``). ``last_used`` is
    written at most once an hour."""

    __tablename__ = "feed_token"
    kind: Mapped[str]
    subject_id: Mapped[int] = mapped_column(Id)
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created: Mapped[datetime]
    last_used: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = options(one_of("kind", KINDS), Index(None, "kind", "subject_id"))


class FeedBody(Row):
    """A feed as it was last written. ``stamp``: what it was written from (``content.stamp_of``); ``packed``: gzip of
    the bytes. One row a feed: what it says now replaces what it said."""

    __tablename__ = "feed_body"
    feed: Mapped[str] = mapped_column(unique=True)  # "unit:12:ics"
    stamp: Mapped[str]
    etag: Mapped[str]
    modified: Mapped[datetime]
    packed: Mapped[bytes]


class PublicTimetable(Row):
    """An office whose timetable everybody may read. Off for all others."""

    __tablename__ = "public_timetable"
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    __table_args__ = options(UniqueConstraint("unit_id"))
