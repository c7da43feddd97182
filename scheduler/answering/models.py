"""Tables of what the invited said about a calendar entry, or about one date of it (``recurrence_id``, NULL: all)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, one_of, options

PARTSTATS = ("NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED")
SOURCES = ("mail", "page")
PROPOSAL_STATES = ("open", "accepted", "declined")
STRANGER_STATES = ("waiting", "added", "refused")


def _one_each(table: str, *columns: str, where: str = "") -> tuple[Index, Index]:
    """Unique with NULLs equal: one row of these columns for all dates, and one for each date."""
    more = f" AND {where}" if where else ""
    found = []
    for name, part, columns_too in (("all", "IS NULL", ()), ("date", "IS NOT NULL", ("recurrence_id",))):
        only = text(f"recurrence_id {part}{more}")
        named = ("uid", *columns_too, *columns)
        found.append(Index(f"uq_{table}_{name}", *named, unique=True, postgresql_where=only, sqlite_where=only))
    return found[0], found[1]


class Answer(Row):
    """The newest answer of one address. ``reply_sequence``, ``reply_dtstamp``: what it says of itself, by which later
    ones are told from earlier ones; ``old_version``: it was given before the last change that made answers void;
    ``delegated_to``: the address of the deputy; ``mail_id``: the mail that brought it."""

    __tablename__ = "answer"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    recurrence_id: Mapped[datetime | None]
    mail: Mapped[str]
    partstat: Mapped[str]
    comment: Mapped[str] = mapped_column(default="")
    reply_sequence: Mapped[int]
    reply_dtstamp: Mapped[datetime | None]
    received_at: Mapped[datetime]
    source: Mapped[str]
    old_version: Mapped[bool] = mapped_column(default=False)
    delegated_to: Mapped[str | None]
    mail_id: Mapped[int | None]
    __table_args__ = options(
        *_one_each("answer", "mail"), one_of("partstat", PARTSTATS), one_of("source", SOURCES),
        CheckConstraint("length(comment) <= 2048", name="comment"),
    )  # fmt: skip


class Unverified(Row):
    """An answer of which nobody knows whether it is from whom it names: shown, never applied. ``sender``: who sent it;
    ``why``: a code."""

    __tablename__ = "unverified_answer"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    recurrence_id: Mapped[datetime | None]
    mail: Mapped[str]
    sender: Mapped[str]
    partstat: Mapped[str]
    comment: Mapped[str] = mapped_column(default="")
    why: Mapped[str]
    received_at: Mapped[datetime]
    mail_id: Mapped[int | None]
    __table_args__ = options(
        *_one_each("unverified_answer", "mail", "sender"), one_of("partstat", PARTSTATS),
        CheckConstraint("length(comment) <= 2048", name="comment"),
    )  # fmt: skip


class Proposal(Row):
    """Another time that somebody proposes; one open one of each address. ``reply_sequence``: the state of the entry
    that it answers, echoed when it is declined; ``said``: why it was declined."""

    __tablename__ = "proposal"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    recurrence_id: Mapped[datetime | None]
    mail: Mapped[str]
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    comment: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    reply_sequence: Mapped[int]
    reply_dtstamp: Mapped[datetime | None]
    received_at: Mapped[datetime]
    mail_id: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    said: Mapped[str] = mapped_column(default="")
    __table_args__ = options(
        *_one_each("proposal", "mail", where="state = 'open'"), one_of("state", PROPOSAL_STATES),
        CheckConstraint("starts < ends", name="span"), CheckConstraint("length(comment) <= 2048", name="comment"),
        Index(None, "uid"),
    )  # fmt: skip


class Stranger(Row):
    """Somebody who answered without being invited, or whom somebody invited sends in his place (``through``: who; ""
    unknown). Waits until the host adds or refuses."""

    __tablename__ = "stranger"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    recurrence_id: Mapped[datetime | None]
    mail: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    partstat: Mapped[str] = mapped_column(default="NEEDS-ACTION")
    comment: Mapped[str] = mapped_column(default="")
    through: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="waiting")
    reply_sequence: Mapped[int] = mapped_column(default=0)
    reply_dtstamp: Mapped[datetime | None]
    received_at: Mapped[datetime]
    source: Mapped[str]
    mail_id: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    __table_args__ = options(
        *_one_each("stranger", "mail"), one_of("partstat", PARTSTATS), one_of("state", STRANGER_STATES),
        one_of("source", SOURCES), CheckConstraint("length(comment) <= 2048", name="comment"),
    )  # fmt: skip
