"""The words of the invited leave with the content of a conference; who answered what stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.answering.answers import note_unverified, record
from scheduler.answering.proposals import Times, decline, propose
from scheduler.answering.said import Said
from scheduler.answering.strangers import Brought, bring
from scheduler.booking.book import book
from scheduler.booking.booking import GuestWish
from scheduler.booking.edit import cancel
from scheduler.booking.purge import purge_content
from scheduler.models import Answer, Conference, Proposal, Stranger
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.test_purge import SECRET, everything

A = "a@khach.example"
WHO: dict[str, Any] = {"actor": "account:1", "now": NOW}


def said(db: Session, key: str) -> None:
    conference = db.scalars(select(Conference).where(Conference.key == key)).one()
    uid = conference.uid or ""
    record(db, uid, Said(A, "DECLINED", 0, NOW, comment=f"Vì {SECRET}"), now=NOW)
    note_unverified(db, uid, Said(A, "ACCEPTED", 0, NOW, comment=SECRET), "x@y.example", "sender", now=NOW)
    times = Times(START + (START - NOW), START + 2 * (START - NOW))
    assert not propose(db, uid, Said(A, "TENTATIVE", 0, NOW), Times(START, START), now=NOW), "no time at all"
    assert not propose(db, uid, Said(A, "TENTATIVE", 0, NOW), times, now=NOW), "longer than anything lasts"
    assert propose(
        db, uid, Said(A, "TENTATIVE", 0, NOW, comment=SECRET), Times(START, START + (START - NOW) / 7), now=NOW
    )
    bring(db, uid, Brought("la@dau.example", f"Ông {SECRET}", comment=SECRET, dtstamp=NOW), now=NOW)
    one = db.scalars(select(Proposal)).one()
    decline(db, conference, one.id, reason=SECRET, actor="account:1", now=NOW)


def test_the_words_of_the_invited_leave_too(database: Database) -> None:
    offices(database)
    made = database.write_now(book, wish(guests=(GuestWish("Bà A", A),)), rules=RULES, **WHO)
    database.write_now(said, made.key)
    assert database.read_now(everything).count(SECRET) >= 7
    database.write_now(cancel, made.key, version=1, reason="Thôi", **WHO)
    database.write_now(purge_content, made.key, reason="Có nội dung không được ghi", **WHO)
    assert SECRET not in database.read_now(everything)
    assert [row.partstat for row in database.read_now(lambda db: db.scalars(select(Answer)).all())] == ["DECLINED"]
    assert [row.mail for row in database.read_now(lambda db: db.scalars(select(Stranger)).all())] == ["la@dau.example"]
