"""Tables of conducting: video hosts, the rooms opened on them, and what happened outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Base, Row, options


class Bridge(Row):
    """One Jitsi deployment. Its addresses and secrets are configuration; the row gives it an id for ever."""

    __tablename__ = "bridge"
    name: Mapped[str] = mapped_column(unique=True)
    base_url: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    seats: Mapped[int | None] = mapped_column(sort_order=1)  # at once; None: not said, not checked
    kbps: Mapped[int | None] = mapped_column(sort_order=1)


class Opening(Row):
    """One jitsi_name on one bridge for one conference. A move or a revocation closes it and opens generation n+1."""

    __tablename__ = "opening"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    generation: Mapped[int] = mapped_column(default=1)
    jitsi_name: Mapped[str] = mapped_column(unique=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    __table_args__ = options(
        UniqueConstraint("conference_id", "generation"),
        Index(
            "uq_opening_current",
            "conference_id",
            unique=True,
            postgresql_where=text("until IS NULL"),
            sqlite_where=text("until IS NULL"),
        ),
    )


class Fact(Row):
    """Something that happened outside, once per key, in any order. Facts about unknown rooms are kept too."""

    __tablename__ = "fact"
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    source: Mapped[str]
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    opening_id: Mapped[int | None] = mapped_column(ForeignKey("opening.id", ondelete="CASCADE"))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    at: Mapped[datetime]
    received: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    __table_args__ = options(Index(None, "conference_id"), Index(None, "endpoint_id", "at"), Index(None, "opening_id"))


class Done(Base):
    """A step that happens once a sitting: for the start that the conference had then, so that a move re-arms it."""

    __tablename__ = "done"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    for_starts: Mapped[datetime] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    data: Mapped[dict[str, Any] | None] = mapped_column(sort_order=1)  # what was found out then
    __table_args__ = ()


class Comment(Row):
    """What somebody wrote beside a conference, for those who may look at it; nobody is mailed."""

    __tablename__ = "comment"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by: Mapped[str]
    text: Mapped[str]
    __table_args__ = options(Index(None, "conference_id"))
