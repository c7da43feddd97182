"""What should never have been written leaves every table; who, when, where and the append-only rule stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from rooms.models import Change
from rooms.schema import Base
from scheduler.booking.approving.letter_draft import LetterWish, save_letter_draft
from scheduler.booking.approving.official_letter import Numbered, SignedFile, record_letter
from scheduler.booking.book import book
from scheduler.booking.edit import cancel, change
from scheduler.booking.purge import TITLE, purge_content
from scheduler.booking.series.cancel import cancel_series
from scheduler.booking.trial import book_trial
from scheduler.conduct.comments import comment
from scheduler.errors import WrongMove
from scheduler.models import Conference, Guest, Reservation, Series
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.series.test_series import booked as booked_series
from tests.scheduler.booking.series.test_series import weekly

SECRET = "Phượng Hoàng"
WHO: dict[str, Any] = {"actor": "account:1", "now": NOW}


def everything(db: Session) -> str:
    """Every value of every table."""
    return "\n".join(repr(row) for table in Base.metadata.sorted_tables for row in db.execute(select(table)))


def secret_wish(**changes: Any) -> Any:
    return wish(
        title=f"Kế hoạch {SECRET}", note=f"Về {SECRET}", chair_name=f"Ông {SECRET}", chair_mail="chair@hop.example",
        short_notice_reason=f"{SECRET} gấp", **changes,
    )  # fmt: skip


def test_nothing_that_was_written_is_left(database: Database) -> None:
    offices(database)
    made = database.write_now(book, secret_wish(), rules=RULES, **WHO)
    database.write_now(change, made.key, secret_wish(verbal_order=SECRET), version=1, rules=RULES, **WHO)
    database.write_now(comment, made.id, f"Nhớ {SECRET}", **WHO)
    version = database.read_now(lambda db: db.scalars(select(Conference.version)).one())
    file = SignedFile("ab" * 32, f"{SECRET}.pdf", 10, read=True)
    numbered = Numbered("5", "GM-STTTT", date(2026, 11, 24))
    database.write_now(record_letter, made.key, numbered, version=version, file=file, **WHO)
    database.write_now(save_letter_draft, made.key, LetterWish(extra=f"Kèm {SECRET}", signer=SECRET), **WHO)
    version = database.read_now(lambda db: db.scalars(select(Conference.version)).one())
    trial = database.write_now(book_trial, made.key, version=version, title=f"Thử {SECRET}", rules=RULES, **WHO)
    with pytest.raises(WrongMove):
        database.write_now(purge_content, made.key, reason="Có nội dung không được ghi", **WHO)
    for key, seen in ((made.key, version), (trial.key, 1)):
        database.write_now(cancel, key, version=seen, reason=f"Lộ {SECRET}", **WHO)
    before = database.read_now(everything)
    assert before.count(SECRET) > 10
    with pytest.raises(Invalid):
        database.write_now(purge_content, made.key, reason=" ", **WHO)
    files = database.write_now(purge_content, made.key, reason="Có nội dung không được ghi", **WHO)
    assert files == ["ab" * 32]
    assert SECRET not in database.read_now(everything)
    rows = database.read_now(lambda db: db.scalars(select(Conference)).all())
    assert [(row.title, row.host_unit_id, row.state) for row in rows] == [(TITLE, 2, "cancelled")] * 2
    acts = database.read_now(lambda db: list(db.scalars(select(Change.act).where(Change.subject_kind == "conference"))))
    assert acts.count("content_purged") == 2
    assert "booked" in acts
    assert database.read_now(lambda db: db.scalars(select(Guest.mail)).all())


def test_the_log_is_append_only_again(database: Database) -> None:
    offices(database)
    made = database.write_now(book, secret_wish(), rules=RULES, draft=True, **WHO)
    database.write_now(purge_content, made.key, reason="Có nội dung không được ghi", **WHO)
    with pytest.raises(DBAPIError):
        database.write_now(lambda db: db.execute(text("UPDATE change SET act = 'x'")))


def test_a_series_is_emptied_as_a_whole(database: Database) -> None:
    offices(database)
    made = database.write_now(booked_series, weekly(note=f"Giao ban {SECRET}", chair_name=SECRET))
    database.write_now(cancel_series, made.key, scope="all", since=None, version=1, reason=SECRET, **WHO)
    first = database.read_now(lambda db: db.scalars(select(Conference).order_by(Conference.id).limit(1)).one())
    database.write_now(purge_content, first.key, reason="Có nội dung không được ghi", **WHO)
    assert SECRET not in database.read_now(everything)
    assert database.read_now(lambda db: db.scalars(select(Series.title)).one()) == TITLE
    assert not database.read_now(lambda db: db.scalars(select(Reservation.id)).all())


def test_what_may_still_take_place_is_cancelled_first(database: Database) -> None:
    offices(database)
    made = database.write_now(book, secret_wish(starts=START, ends=START + timedelta(hours=1)), rules=RULES, **WHO)
    with pytest.raises(WrongMove) as refusal:
        database.write_now(purge_content, made.key, reason="Nhầm", **WHO)
    assert refusal.value.data["state"] == "planned"
    assert SECRET in database.read_now(everything)
