"""What is added to a meeting for its letter: what may not stand there, and what the next letter begins with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from scheduler.booking.approving.letter_draft import LetterWish, check_letter, letter_wish, save_letter_draft
from scheduler.booking.approving.models import LetterDraft
from scheduler.booking.book import book
from scheduler.errors import WrongMove
from scheduler.models import Conference
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

WHO: dict[str, Any] = {"actor": "account:1", "now": NOW}
SAID = LetterWish(
    superior="UBND tỉnh", dated=date(2026, 11, 24), urgency="KHẨN", subject="Tập huấn", extra="Mang theo máy tính",
    authority="TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH", title="PHÓ CHỦ TỊCH", signer="Phạm Thị Sơn", recorded=True,
    recipients="Như thành phần mời\nLưu: VT",
)  # fmt: skip


def booked(database: Database, **changes: Any) -> str:
    draft = changes.pop("draft", False)
    return database.write_now(book, wish(**changes), rules=RULES, draft=draft, **WHO).key


def kept(database: Database, key: str) -> tuple[LetterWish, bool]:
    return database.read_now(
        lambda db: letter_wish(db, db.scalars(select(Conference).where(Conference.key == key)).one())
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("authority", "GIÁM ĐỐC", "letter_authority"), ("authority", "KT. GIÁM ĐỐC\nPHÓ", "letter_authority"),
        ("authority", "KT.", "letter_authority"), ("signer", "PGS.TS. Trần Minh", "academic_title"),
        ("signer", "Trần Minh, ThS. ", "academic_title"), ("extra", "xem HTTPS://hop.example/j/2", "no_links"),
        ("invitees", "www.hop.example", "no_links"), ("urgency", "GẤP", "unknown_value"),
        ("subject", "x" * 501, "too_long"), ("invitees", "a\n" * 201, "too_many"),
    ],
)  # fmt: skip
def test_what_may_not_stand_there(field: str, value: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_letter(replace(SAID, **{field: value}))
    assert [(error.field, error.code) for error in refusal.value.errors] == [(field, code)]


def test_every_authority_may_sign() -> None:
    for one in ("TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH", "TL. CHỦ TỊCH", "TUQ. GIÁM ĐỐC", "Q. GIÁM ĐỐC", ""):
        check_letter(replace(SAID, authority=one))


def test_it_is_kept_and_changed_and_leaves_the_usual_to_the_next(database: Database) -> None:
    offices(database)
    key, other = (
        booked(database),
        booked(database, starts=START + timedelta(days=1), ends=START + timedelta(days=1, hours=2)),
    )
    assert kept(database, key) == (LetterWish(), False)
    database.write_now(save_letter_draft, key, SAID, **WHO)
    database.write_now(save_letter_draft, key, replace(SAID, extra="Mang theo giấy bút"), **WHO)
    assert kept(database, key) == (replace(SAID, extra="Mang theo giấy bút"), True)
    usual = LetterWish(
        superior=SAID.superior,
        authority=SAID.authority,
        title=SAID.title,
        signer=SAID.signer,
        recipients=SAID.recipients,
    )
    assert kept(database, other) == (usual, False)
    rows = database.read_now(lambda db: db.scalar(select(func.count()).select_from(LetterDraft)))
    assert rows == 1


def test_a_draft_has_none_and_nothing_is_made_for_nobody(database: Database) -> None:
    offices(database)
    key = booked(database, draft=True)
    with pytest.raises(WrongMove):
        database.write_now(save_letter_draft, key, SAID, **WHO)
    with pytest.raises(NotFound):
        database.write_now(save_letter_draft, "22222", SAID, **WHO)
