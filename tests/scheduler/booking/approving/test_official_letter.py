"""A letter's number is checked as typed, and belongs to one letter of an office, symbol and year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from scheduler.booking.approving.official_letter import OLDEST, Numbered, numbered, record_letter
from scheduler.booking.book import book
from scheduler.booking.booking import Booked
from scheduler.errors import LetterTaken
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("number", "symbol", "issued", "wrong"),
    [
        ("", "", None, [("number", "required"), ("symbol", "required"), ("issued", "required")]),
        ("bảy", "GM UBND", TODAY, [("number", "letter_number"), ("symbol", "letter_symbol")]),
        ("7", "GM-UBND", TODAY + timedelta(days=1), [("issued", "in_the_future")]),
        ("7", "GM-UBND", TODAY - OLDEST - timedelta(days=1), [("issued", "too_old")]),
    ],
)
def test_every_wrong_part_is_said(number: str, symbol: str, issued: date | None, wrong: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refusal:
        numbered(number, symbol, issued, today=TODAY)
    assert [(error.field, error.code) for error in refusal.value.errors] == wrong


def test_numbers_are_written_as_the_decree_has_them() -> None:
    assert numbered(" 005", "gm-ubnd", TODAY, today=TODAY) == Numbered("5", "GM-UBND", TODAY)
    assert numbered("5", "GM-UBND", TODAY, today=TODAY).shown == "05/GM-UBND"
    assert numbered("12a", "GM-UBND", TODAY, today=TODAY).shown == "12a/GM-UBND"


def test_a_number_is_given_once_a_year(database: Database) -> None:
    offices(database)

    def made(db: Session, days: int) -> Booked:
        times = {"starts": START + timedelta(days=days), "ends": START + timedelta(days=days, hours=1)}
        return book(db, wish(**times), actor="account:1", now=NOW, rules=RULES)

    first, second = (database.write_now(made, days) for days in (0, 1))
    letter = numbered("5", "GM-STTTT", TODAY, today=TODAY)

    def record(db: Session, booked: Booked, issued: date) -> Booked:
        wanted = Numbered(letter.number, letter.symbol, issued)
        return record_letter(db, booked.key, wanted, version=1, file=None, actor="account:1", now=NOW)

    database.write_now(record, first, TODAY)
    with pytest.raises(LetterTaken):
        database.write_now(record, second, TODAY)
    database.write_now(record, second, date(2025, 12, 30))
