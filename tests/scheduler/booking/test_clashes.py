"""Somebody who would sit in two conferences at once is found by mail address, and the booker must say that he knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from scheduler.booking import edit
from scheduler.booking.book import book, check
from scheduler.booking.booking import Booked, GuestWish
from scheduler.booking.clashes import Clash, find_clashes, people_of
from scheduler.models import KnownClash
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

HOUR = timedelta(hours=1)
CHAIR = {"chair_name": "Ông A", "chair_mail": "a@x.vn"}
GUEST = {"guests": (GuestWish("Bà B", "b@x.vn"),)}


def place(db: Session, *, draft: bool = False, **changes: Any) -> Booked:
    return book(db, wish(**changes), actor="account:1", now=NOW, rules=RULES, draft=draft)


def refused(database: Database, **changes: Any) -> str:
    with pytest.raises(Invalid) as refusal:
        database.write_now(place, **changes)
    (error,) = refusal.value.errors
    assert (error.field, error.code) == ("clash_confirmed", "required")
    return str(error.data["names"])


def test_a_chair_and_a_guest_in_two_places_are_named_and_must_be_confirmed(database: Database) -> None:
    offices(database)
    database.write_now(place, room_ids=(2, 11), **CHAIR)
    database.write_now(place, room_ids=(12,), host_unit_id=12, **GUEST)
    both = {"room_ids": (13,), "host_unit_id": 13, "chair_mail": "B@x.vn ", "guests": (GuestWish("Khách", "a@x.vn"),)}
    booking = wish(**both)
    found = database.read_now(check, booking, now=NOW, rules=RULES)
    assert [(w.code, w.data["name"], w.data["unit"]) for w in found.warnings] == [
        ("person_clash", "Khách", "Sở TT&TT"), ("person_clash", "b@x.vn", "Huyện 1"),
    ]  # fmt: skip
    assert not found.ok and not found.taken
    assert "title" not in found.warnings[0].data
    assert refused(database, **both) == "Khách, b@x.vn"
    assert database.read_now(check, replace(booking, clash_confirmed=True), now=NOW, rules=RULES).ok
    database.write_now(place, **both, clash_confirmed=True)


def test_neither_another_time_nor_a_contact_nor_the_conference_itself_is_a_clash(database: Database) -> None:
    offices(database)
    first = database.write_now(place, room_ids=(2, 11), **CHAIR)
    later = {"starts": START + 2 * HOUR, "ends": START + 3 * HOUR}
    assert database.read_now(find_clashes, wish(**CHAIR, **later)) == []
    assert database.read_now(find_clashes, wish(chair_mail="u11@hop.example")) == [], "a contact gets letters only"
    assert database.read_now(find_clashes, wish(**CHAIR), except_id=first.id) == []
    assert database.read_now(find_clashes, wish(**CHAIR)) == [
        Clash("Ông A", "a@x.vn", "Sở TT&TT", START, START + 2 * HOUR)
    ]


def test_a_draft_may_clash_and_is_asked_when_it_is_submitted(database: Database) -> None:
    offices(database)
    database.write_now(place, room_ids=(2, 11), **CHAIR)
    draft = database.write_now(place, draft=True, room_ids=(13,), host_unit_id=13, **CHAIR)
    who: dict[str, Any] = {"actor": "account:1", "now": NOW, "rules": RULES, "version": draft.version}
    with pytest.raises(Invalid):
        database.write_now(edit.submit, draft.key, **who)
    database.write_now(edit.submit, draft.key, **who, clash_confirmed=True)


def test_a_change_that_makes_somebody_sit_twice_is_asked_too(database: Database) -> None:
    offices(database)
    database.write_now(place, room_ids=(2, 11), **CHAIR)
    other = {"room_ids": (13,), "host_unit_id": 13}
    booked = database.write_now(place, **other)
    who: dict[str, Any] = {"actor": "account:1", "now": NOW, "rules": RULES, "version": booked.version}
    with pytest.raises(Invalid):
        database.write_now(edit.change, booked.key, wish(**other, **CHAIR), **who)
    database.write_now(edit.change, booked.key, wish(**other, **CHAIR, clash_confirmed=True), **who)


def test_somebody_named_twice_is_one_person() -> None:
    guests = (GuestWish("Khách", "A@x.vn"), GuestWish("Bà B", "b@x.vn"))
    assert people_of(wish(**CHAIR, guests=guests)) == {"a@x.vn": "Ông A", "b@x.vn": "Bà B"}


class TestOnceConfirmed:
    """What somebody said that he knows is kept: who, when, for which person in which other conference."""

    def test_a_later_change_asks_only_about_what_is_new(self, database: Database) -> None:
        offices(database)
        first = database.write_now(place, room_ids=(2, 11), **CHAIR)
        other = {"room_ids": (13,), "host_unit_id": 13, **CHAIR}
        booked = database.write_now(place, **other, clash_confirmed=True)
        rows = database.read_now(lambda db: [(k.conference_id, k.other_id, k.mail, k.by, k.at) for k in known(db)])
        assert rows == [(booked.id, first.id, "a@x.vn", "account:1", NOW)]
        who: dict[str, Any] = {"actor": "account:2", "now": NOW + HOUR, "rules": RULES}
        found = database.read_now(check, wish(**other), now=NOW, rules=RULES, except_id=booked.id)
        assert found.ok and [w.data["known"] for w in found.warnings] == [True], "still said, no longer asked"
        later = wish(**other, starts=START + HOUR, ends=START + 3 * HOUR)
        changed = database.write_now(edit.change, booked.key, later, version=booked.version, **who)
        database.write_now(place, room_ids=(14,), host_unit_id=14, starts=START + HOUR, ends=START + 3 * HOUR, **GUEST)
        both = replace(later, guests=(GuestWish("Bà B", "b@x.vn"),))
        with pytest.raises(Invalid) as refusal:
            database.write_now(edit.change, booked.key, both, version=changed.version, **who)
        assert [e.data["names"] for e in refusal.value.errors] == ["Bà B"], "the chair was said before"
        confirmed = replace(both, clash_confirmed=True)
        changed = database.write_now(edit.change, booked.key, confirmed, version=changed.version, **who)
        assert database.read_now(lambda db: [(k.mail, k.by) for k in known(db)]) == [
            ("a@x.vn", "account:1"), ("b@x.vn", "account:2"),
        ]  # fmt: skip
        database.write_now(edit.change, booked.key, both, version=changed.version, **who)

    def test_the_host_of_the_other_conference_is_asked_for_himself(self, database: Database) -> None:
        offices(database)
        first = database.write_now(place, room_ids=(2, 11), **CHAIR)
        database.write_now(place, room_ids=(13,), host_unit_id=13, **CHAIR, clash_confirmed=True)
        who: dict[str, Any] = {"actor": "account:1", "now": NOW, "rules": RULES, "version": first.version}
        with pytest.raises(Invalid):
            database.write_now(edit.change, first.key, wish(room_ids=(2, 11), **CHAIR, title="Khác hẳn"), **who)

    def test_a_draft_that_was_submitted_and_a_tick_without_need(self, database: Database) -> None:
        offices(database)
        database.write_now(place, room_ids=(2, 11), **CHAIR, clash_confirmed=True)
        assert database.read_now(known) == [], "nobody sat in two places"
        draft = database.write_now(place, draft=True, room_ids=(13,), host_unit_id=13, **CHAIR, clash_confirmed=True)
        assert database.read_now(known) == []
        who: dict[str, Any] = {"actor": "account:1", "now": NOW, "rules": RULES, "version": draft.version}
        database.write_now(edit.submit, draft.key, **who, clash_confirmed=True)
        assert [k.conference_id for k in database.read_now(known)] == [draft.id]


def known(db: Session) -> list[KnownClash]:
    return list(db.scalars(select(KnownClash).order_by(KnownClash.id)))
