"""Booking writes everything or nothing, and a refusal says who holds the room until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from rooms.models import Change
from scheduler.booking.book import book, check
from scheduler.booking.booking import Booked, GuestWish, Rules
from scheduler.booking.place.holding import Survey
from scheduler.errors import RoomTaken
from scheduler.models import (
    Conference,
    Delegation,
    Edition,
    Effect,
    Guest,
    Opening,
    Reservation,
    Site,
)
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish


def place(db: Session, **changes: Any) -> Booked:
    return book(db, wish(**changes), actor="account:1", now=NOW, rules=RULES)


def counts(database: Database) -> dict[str, int]:
    tables = (Conference, Site, Delegation, Guest, Reservation, Opening, Edition, Effect, Change)
    return database.read_now(
        lambda db: {t.__tablename__: db.scalar(select(func.count()).select_from(t)) or 0 for t in tables}
    )


def test_a_booking_writes_all_its_rows(database: Database) -> None:
    offices(database)
    guests = (GuestWish("Trần B", "B@Example.vn"), GuestWish("Đầu mối", "u11@hop.example"))
    booked = database.write_now(place, guests=guests, chair_name="Nguyễn A", chair_mail="a@hop.example")
    assert counts(database) == {
        "conference": 1, "site": 4, "delegation": 4, "guest": 6, "reservation": 5, "opening": 1, "edition": 1,
        "effect": 6, "change": 1,
    }  # fmt: skip

    def read(db: Session) -> None:
        row = db.scalars(select(Conference)).one()
        assert (row.id, row.key, row.state, row.version, row.counted_with) == (
            booked.id,
            booked.key,
            "planned",
            1,
            row.id,
        )
        assert row.search_key == "tap huan an toan thong tin"
        assert row.opens == START - timedelta(minutes=60)
        assert row.due == START - timedelta(hours=24)  # the first reminder
        held = db.scalars(select(Reservation)).first()
        assert held is not None
        assert (held.starts, held.ends) == (START - timedelta(minutes=15), START + timedelta(hours=2))
        modes = db.execute(select(Delegation.level, Delegation.planned_mode, Delegation.counterpart_unit_id)).all()
        assert set(modes) == {("province_agency", "online", None), *(("district", "online", u) for u in (11, 12, 13))}
        mails = {guest.mail: guest.role for guest in db.scalars(select(Guest))}
        assert mails["a@hop.example"] == "chair"
        assert mails["b@example.vn"] == "guest"
        assert mails["u11@hop.example"] == "contact"
        edition = db.scalars(select(Edition)).one()
        assert (edition.method, edition.sequence, edition.content["what"]) == ("REQUEST", 0, "booked")
        assert [s["unit"] for s in edition.content["sites"]] == ["Sở TT&TT", "Huyện 0", "Huyện 1", "Huyện 2"]
        keys = set(db.scalars(select(Effect.key)))
        assert f"letter:{edition.id}:0:b@example.vn:0" in keys

    database.read_now(read)


def test_a_taken_room_is_refused_with_who_and_until_when(database: Database) -> None:
    offices(database)
    database.write_now(place)
    before = counts(database)
    with pytest.raises(RoomTaken) as refusal:
        database.write_now(
            place, room_ids=(2, 13, 14), starts=START + timedelta(hours=1), ends=START + timedelta(hours=3)
        )
    assert [(t.room_id, t.unit, t.ends) for t in refusal.value.taken] == [
        (2, "Sở TT&TT", START + timedelta(hours=2)),
        (13, "Sở TT&TT", START + timedelta(hours=2)),
    ]
    assert counts(database) == before


def test_set_up_time_counts_and_the_end_is_free(database: Database) -> None:
    offices(database)
    database.write_now(place)
    end = START + timedelta(hours=2)
    with pytest.raises(RoomTaken):
        database.write_now(place, starts=end + timedelta(minutes=14), ends=end + timedelta(hours=1))
    database.write_now(place, starts=end + timedelta(minutes=15), ends=end + timedelta(hours=1))


def test_the_database_refuses_what_slips_past_the_check(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    offices(database)
    database.write_now(place)
    before = counts(database)
    monkeypatch.setattr(Survey, "refuse", lambda survey: None)
    with pytest.raises(RoomTaken) as refusal:
        database.write_now(place)
    assert refusal.value.taken == ()
    assert counts(database) == before
    findings = database.read_now(lambda db: check(db, wish(), now=NOW, rules=RULES))
    assert {t.room_id for t in findings.taken} == {2, 11, 12, 13}


def test_a_draft_holds_nothing_and_tells_nobody(database: Database) -> None:
    offices(database)
    database.write_now(lambda db: book(db, wish(no_secrets=False), actor="account:1", now=NOW, rules=RULES, draft=True))
    found = counts(database)
    assert (found["reservation"], found["effect"], found["opening"], found["edition"]) == (0, 0, 0, 0)
    database.write_now(place)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": " "}, {"title:too_short"}),
        ({"title": "x" * 201, "kind": "party", "form": "phone"},
         {"title:too_long", "kind:unknown_value", "form:unknown_value"}),
        ({"ends": START}, {"ends:before_start"}),
        ({"ends": START + timedelta(hours=13)}, {"ends:too_long_sitting"}),
        ({"starts": NOW, "ends": NOW + timedelta(hours=1)}, {"starts:in_the_past"}),
        ({"starts": START.replace(year=2031), "ends": START.replace(year=2031, hour=2)}, {"starts:too_far_ahead"}),
        ({"room_ids": ()}, {"sites:required"}),
        ({"room_ids": (2, 11, 11)}, {"sites:duplicate"}),
        ({"room_ids": (2, 99)}, {"sites.1:no_such_room"}),
        ({"unit_ids": (98,)}, {"units.0:no_such_unit"}),
        ({"host_unit_id": 97}, {"host:no_such_unit"}),
        ({"guests": (GuestWish("", "x"), GuestWish("A", "a@b.vn"), GuestWish("B", "A@b.vn"))},
         {"guests.0.name:required", "guests.0.mail:not_a_mail_address", "guests.2.mail:duplicate"}),
        ({"no_secrets": False, "chair_mail": "nobody"}, {"no_secrets:required", "chair_mail:not_a_mail_address"}),
        ({"form": "in_person"}, {"in_person_reason:required"}),
        ({"form": "in_person", "in_person_reason": "chair"}, {"in_person_note:required"}),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named(sqlite_url: str, changes: dict[str, Any], fields: set[str]) -> None:
    database = offices(Database(sqlite_url))
    with pytest.raises(Invalid) as refusal:
        database.write_now(place, **changes)
    assert {f"{e.field}:{e.code}" for e in refusal.value.errors} == fields
    assert counts(database)["conference"] == 0
    database.close()


def test_short_notice_asks_for_a_reason_and_does_not_refuse(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    soon = {"starts": NOW + timedelta(minutes=5), "ends": NOW + timedelta(hours=1)}
    findings = database.read_now(lambda db: check(db, wish(**soon), now=NOW, rules=RULES))
    assert [(e.field, e.code) for e in findings.errors] == [("short_notice_reason", "required")]
    assert [w.code for w in findings.warnings] == ["short_notice"]
    booked = database.write_now(place, **soon, short_notice_reason="Chỉ đạo gấp")
    assert database.read_now(lambda db: db.get_one(Conference, booked.id).due) == NOW
    database.write_now(place, **{**soon, "kind": "emergency", "room_ids": (14,)})
    database.close()


def test_online_needs_a_video_host(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    with pytest.raises(Invalid) as refusal:
        database.write_now(lambda db: book(db, wish(), actor="account:1", now=NOW, rules=Rules()))
    assert [(e.field, e.code) for e in refusal.value.errors] == [("form", "no_video_host")]
    database.close()


def test_units_without_a_room_sit_at_the_main_site(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    database.write_now(place, form="hybrid", room_ids=(2, 11), unit_ids=(12, 13))
    rows = database.read_now(
        lambda db: db.execute(
            select(Delegation.unit_id, Delegation.planned_mode, Site.room_id).join(Site).order_by(Delegation.position)
        ).all()
    )
    assert rows == [(2, "online", 2), (11, "online", 11), (12, "in_person", 2), (13, "in_person", 2)]
    database.close()


def test_reservations_longer_than_three_days_are_refused(database: Database) -> None:
    offices(database)
    booked = database.write_now(place)
    row = {"room_id": 20, "conference_id": booked.id, "starts": START, "ends": START + timedelta(days=3, seconds=1)}
    with pytest.raises(Exception, match="length"):
        database.write_now(lambda db: db.execute(insert(Reservation).values(**row)))
