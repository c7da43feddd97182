"""Tables of the way from a wish to its letter: who was asked and what was answered, and the signed letter itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, one_of, options

FUNCTIONS = ("head", "hall", "operator")
"""Who is asked: the head of the host office, whoever keeps the halls for the province, the technical operator."""
VERDICTS = ("approved", "returned", "answered", "withdrawn", "lapsed")


class Approval(Row):
    """One question to one function about one conference. ``unit_id``: the office whose head is asked, None for all.

    ``reasons``: why it is asked (codes of ``approval_needs``). ``by``: who decided; ``for_by``: the absent one in whose
    place, when it was a substitute.
    """

    __tablename__ = "approval"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    function: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    reasons: Mapped[list[Any]]
    asked: Mapped[datetime]
    asked_by: Mapped[str]
    decided: Mapped[datetime | None]
    by: Mapped[str | None]
    for_by: Mapped[str | None]
    verdict: Mapped[str | None]
    reason: Mapped[str | None]
    __table_args__ = options(
        one_of("function", FUNCTIONS),
        one_of("verdict", VERDICTS),
        Index(
            "uq_approval_open", "conference_id", "function", unique=True, postgresql_where=text("decided IS NULL"),
            sqlite_where=text("decided IS NULL"),
        ),
        Index(None, "conference_id"),
    )  # fmt: skip


class OfficialLetter(Row):
    """The signed letter of invitation (Giấy mời) of a counted meeting, as the document system numbered it: recorded
    here, never made up. Its file lies beside the database under its SHA-256; a purge leaves the row.

    ``pdf_read``: the first page's text could be read and bore no mark of secrecy; False: it is a scan.
    """

    __tablename__ = "letter"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"), unique=True)
    host_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    number: Mapped[str]
    symbol: Mapped[str]
    issued: Mapped[date]
    year: Mapped[int]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    pdf_sha256: Mapped[str | None]
    pdf_name: Mapped[str | None]
    pdf_size: Mapped[int | None]
    pdf_read: Mapped[bool | None]
    purged_by: Mapped[str | None]
    purged_at: Mapped[datetime | None]
    purge_reason: Mapped[str | None]
    __table_args__ = options(
        UniqueConstraint("host_unit_id", "number", "symbol", "year", name="uq_letter_number"),
        Index(None, "pdf_sha256"),
    )


class LetterDraft(Row):
    """What a letter of invitation still needs besides the conference: who signs, what is asked for, who gets it. One a
    counted meeting, by the conference that leads it; the host's newest says what the next one begins with.

    ``said``: a ``letter_draft.LetterWish`` as JSON values.
    """

    __tablename__ = "letter_draft"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"), unique=True)
    host_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    said: Mapped[dict[str, Any]]
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]
    __table_args__ = options(Index(None, "host_unit_id", "saved_at"))
