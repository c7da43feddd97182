"""Templates of an office: what is kept and what never, names that it has once, and how many there may be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from confsvc.database import Database
from rooms.errors import FieldError, Invalid, NotFound
from rooms.models import Change
from scheduler.booking import templates
from scheduler.booking.book import book
from scheduler.booking.booking import Booking, GuestWish
from scheduler.booking.templates_queries import list_templates
from scheduler.local_time import instant
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

WHO: dict[str, Any] = {"actor": "account:1", "now": NOW}
FULL: dict[str, Any] = {
    "chair_name": "Bùi Văn Hải", "chair_mail": "Chu.Tri@x.vn", "contact_name": "Trần Thị B", "contact_phone": "0240",
    "note": "Mang báo cáo quý", "top_profile": "audio", "guests": (GuestWish("Bà B", "b@x.vn", "en"),),
    "unit_ids": (14, 15), "seats": ((15, 12),),
}  # fmt: skip
OF_ONE = {
    "letter_number": "05/GM", "short_notice_reason": "bão", "no_secrets": True, "clash_confirmed": True,
    "chair_for": "Chủ tịch", "chair_consent": "ông C, hôm qua", "verbal_order": "Chủ tịch",
}  # fmt: skip


def save(database: Database, name: str, booking: Booking | None = None, *, replaces: bool = False) -> str:
    booking = booking or wish(**FULL, **OF_ONE)
    return database.write_now(templates.save_template, name, booking, replaces=replaces, rules=RULES, **WHO)


def refused(database: Database, name: str, booking: Booking | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        save(database, name, booking)
    return [(e.field, e.code) for e in refusal.value.errors]


def listed(database: Database, *unit_ids: int) -> list[tuple[int, str]]:
    rows = database.read_now(list_templates, unit_ids or None, first=2, most=1000)
    return [(row.unit_id, row.name) for row in rows]


def on(database: Database, key: str, day: date) -> Booking:
    return database.read_now(lambda db: templates.wish_on(templates.known_template(db, key), day))


def test_it_keeps_the_meeting_and_its_time_of_day_and_nothing_of_that_one_alone(database: Database) -> None:
    offices(database)
    key = save(database, "  Giao   ban tuần ")
    assert listed(database) == [(2, "Giao ban tuần")]
    made = on(database, key, date(2027, 3, 4))
    starts = instant(date(2027, 3, 4), (START + timedelta(hours=7)).time())
    of_all = {name: value for name, value in FULL.items() if name != "chair_mail"}
    assert made == wish(
        **of_all, chair_mail="chu.tri@x.vn", chair_for="Chủ tịch", no_secrets=False, starts=starts,
        ends=starts + timedelta(hours=2),
    )  # fmt: skip
    booked = database.write_now(book, replace(made, no_secrets=True, chair_for=""), rules=RULES, **WHO)
    assert booked.key, "it can be booked as it is once what is asked anew is said"


def test_a_name_is_had_once_in_an_office_and_replaced_only_when_that_is_said(database: Database) -> None:
    offices(database)
    key = save(database, "Giao ban")
    assert refused(database, "GIAO  ban") == [("name", "taken")]
    other = save(database, "Giáo ban")
    assert other != key, "another tone is another word"
    neighbour = save(database, "Giao ban", wish(host_unit_id=11, room_ids=(11,)))
    assert len({key, other, neighbour}) == 3
    assert save(database, "giao ban", wish(title="Giao ban mới", room_ids=(2, 14)), replaces=True) == key
    assert on(database, key, date(2027, 3, 4)).room_ids == (2, 14)
    assert listed(database, 2) == [(2, "giao ban"), (2, "Giáo ban")]
    assert listed(database)[-1] == (11, "Giao ban"), "the own office's first"


def test_what_makes_no_sense_is_refused_field_by_field(database: Database) -> None:
    offices(database)
    assert refused(database, "   ") == [("name", "required")]
    assert refused(database, "x" * 81) == [("name", "too_long")]
    assert refused(database, "a\u202eb") == [("name", "not_text")]
    assert refused(database, "A", wish(title="?")) == [("title", "too_short")]
    assert refused(database, "A", wish(ends=START)) == [("ends", "before_start")]
    assert refused(database, "A", wish(ends=START + timedelta(hours=25))) == [("ends", "too_long_sitting")]
    assert refused(database, "A", wish(room_ids=(2, 0))) == [("sites", "no_such_room")]
    far = START + timedelta(days=3000)
    assert save(database, "Xa", wish(starts=far, ends=far + timedelta(hours=1))), "its day is not looked at"


def test_renamed_and_deleted_and_written_down(database: Database) -> None:
    offices(database)
    key, other = save(database, "Một"), save(database, "Hai")

    def act(work: Any, *args: Any) -> None:
        database.write_now(lambda db: work(db, templates.known_template(db, key), *args, **WHO))

    with pytest.raises(Invalid) as refusal:
        act(templates.rename_template, "HAI")
    assert refusal.value.errors == (FieldError("name", "taken"),)
    act(templates.rename_template, "MỘT")
    act(templates.rename_template, "Ba")
    assert listed(database) == [(2, "Ba"), (2, "Hai")]
    act(templates.drop_template)
    assert listed(database) == [(2, "Hai")]
    with pytest.raises(NotFound):
        act(templates.drop_template)
    assert save(database, "Một") not in (key, other)
    rows = database.read_now(
        lambda db: db.execute(
            select(Change.act, Change.before, Change.after).where(Change.subject_kind == "template").order_by(Change.id)
        ).all()
    )
    assert [row.act for row in rows] == ["saved", "saved", "renamed", "renamed", "deleted", "saved"]
    assert rows[3].before == {"name": "MỘT"} and rows[3].after == {"name": "Ba"}


def test_an_office_has_fifty_and_two_clerks_at_one_moment_have_no_more(database: Database) -> None:
    offices(database)
    for number in range(templates.MOST - 1):
        save(database, f"Mẫu {number:02}", wish())
    barrier = threading.Barrier(4)

    def one_more(number: int) -> str:
        barrier.wait(30)
        try:
            save(database, f"Mẫu thêm {number}", wish())
        except Invalid as problem:
            return problem.errors[0].code
        return "saved"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(one_more, range(4)))
    assert answers == ["saved", "too_many", "too_many", "too_many"]
    assert len(listed(database)) == templates.MOST
    assert refused(database, "Nữa", wish()) == [("name", "too_many")]
    save(database, "Mẫu 00", wish(title="Đổi được"), replaces=True)
    save(database, "Của huyện", wish(host_unit_id=11, room_ids=(11,)))


def test_of_one_name_at_one_moment_one_is_kept(database: Database) -> None:
    offices(database)
    barrier = threading.Barrier(2)

    def same(_number: int) -> str:
        barrier.wait(30)
        try:
            return save(database, "Cùng tên", wish())
        except Invalid as problem:
            return problem.errors[0].code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(same, range(2)))
    assert answers.count("taken") == 1 and len(listed(database)) == 1
