"""Tables of what people are told and what we owe the world: calendar entries, their editions, effects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, one_of, options

EFFECT_STATES = ("owed", "leased", "done", "superseded", "needless", "expired", "dead")
_LIVE_EFFECT = text("state IN ('owed', 'leased')")
_WAITING = text("kind = 'waiting'")


class CalendarItem(Row):
    """One entry in people's calendars. One SEQUENCE counter an entry; ``last_dtstamp`` only rises, by whole seconds."""

    __tablename__ = "calendar_item"
    uid: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    last_major_sequence: Mapped[int] = mapped_column(default=0)
    last_dtstamp: Mapped[datetime]


class Edition(Row):
    """One immutable state of a calendar entry as sent: what every letter of that edition says."""

    __tablename__ = "edition"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    number: Mapped[int]
    method: Mapped[str]
    sequence: Mapped[int]
    dtstamp: Mapped[datetime]
    content: Mapped[dict[str, Any]]
    __table_args__ = options(UniqueConstraint("uid", "number"), one_of("method", ("REQUEST", "CANCEL")))


class Told(Row):
    """What one address has surely, or perhaps (the answer was lost), received about one calendar entry: about the whole
    of it, or about one date (``part``, its RECURRENCE-ID; "" the whole)."""

    __tablename__ = "told"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    mail: Mapped[str]
    part: Mapped[str] = mapped_column(default="", sort_order=1)
    sure_edition: Mapped[int | None]
    maybe_edition: Mapped[int | None]
    first_message_id: Mapped[str | None]
    __table_args__ = options(UniqueConstraint("uid", "mail", "part"))


class Receipt(Row):
    """What somebody did on the page behind the link of his letters. ``opened``: fetched, perhaps by a mail scanner;
    ``acknowledged``: the button, and of which edition."""

    __tablename__ = "receipt"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    mail: Mapped[str]
    opened: Mapped[datetime | None]
    acknowledged: Mapped[datetime | None]
    acknowledged_edition: Mapped[int | None]
    __table_args__ = options(UniqueConstraint("uid", "mail"))


class Effect(Row):
    """What we owe the world. Unique key; only the oldest live row of a chain may be claimed."""

    __tablename__ = "effect"
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    chain: Mapped[str]
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="owed")
    due: Mapped[datetime]
    expires: Mapped[datetime]
    token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    maybe: Mapped[bool] = mapped_column(default=False)  # an earlier attempt may have arrived
    last_error: Mapped[str | None]
    created: Mapped[datetime]
    settled: Mapped[datetime | None]
    __table_args__ = options(
        one_of("state", EFFECT_STATES),
        Index("ix_effect_chain_live", "chain", "id", postgresql_where=_LIVE_EFFECT, sqlite_where=_LIVE_EFFECT),
        Index("ix_effect_waiting", "chain", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("ix_effect_due_live", "due", "id", postgresql_where=_LIVE_EFFECT, sqlite_where=_LIVE_EFFECT),
        Index(None, "conference_id"),
    )
