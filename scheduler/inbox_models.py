"""Tables of what came in by mail: the mails as they came, what reports say of addresses, addresses in trouble."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, one_of, options

MAIL_KINDS = ("reply", "counter", "refresh", "bounce", "auto-reply", "abuse-report", "human", "refused")
WEIGHTS = ("gone", "hard", "soft", "none")
ADDRESS_STATES = ("failing", "stopped")


class IncomingMail(Row):
    """One mail as it came in. ``raw``: compressed; NULL when it was too large, is older than a year or was purged.
    ``code``: what was decided, "" until then."""

    __tablename__ = "incoming_mail"
    message_id: Mapped[str | None]
    sha256: Mapped[str] = mapped_column(unique=True)
    received: Mapped[datetime]
    size: Mapped[int]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    kind: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    from_mail: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effect.id", ondelete="SET NULL"))
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id", ondelete="SET NULL"))
    __table_args__ = options(
        one_of("kind", MAIL_KINDS),
        CheckConstraint("length(raw) <= 2200000", name="raw"),
        Index(
            "ix_incoming_mail_undecided", "attempts", "id", postgresql_where=text("decided_at IS NULL"),
            sqlite_where=text("decided_at IS NULL"),
        ),
        Index(None, "received"),
        Index(None, "from_mail", "received"),
        Index(None, "conference_id"),
    )  # fmt: skip


class MailReport(Row):
    """What one mail reports of one address. ``effect_id``: the letter that it is about, proved by its return address or
    Message-ID; only such reports count. ``weight``: of WEIGHTS."""

    __tablename__ = "mail_report"
    mail_id: Mapped[int] = mapped_column(ForeignKey("incoming_mail.id", ondelete="CASCADE"))
    mail: Mapped[str]
    action: Mapped[str]
    status: Mapped[str]
    diagnostic: Mapped[str] = mapped_column(default="")
    weight: Mapped[str]
    at: Mapped[datetime]
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effect.id", ondelete="SET NULL"))
    __table_args__ = options(
        one_of("weight", WEIGHTS),
        UniqueConstraint("mail_id", "mail"),
        Index(None, "mail", "at"),
        Index(None, "effect_id"),
    )


class AddressTrouble(Row):
    """An address that mail does not reach (``failing``), or whose provider passed on a complaint: nothing is mailed to
    it any more (``stopped``). The row goes when somebody says that the address is good again."""

    __tablename__ = "address_trouble"
    mail: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    status: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    __table_args__ = options(one_of("state", ADDRESS_STATES))
