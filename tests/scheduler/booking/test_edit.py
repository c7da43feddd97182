"""Changing and cancelling: rooms move, and exactly those are written to whom it concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from rooms.models import Change
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, GuestWish
from scheduler.booking.edit import booking_of, cancel, change, submit
from scheduler.booking.queries import find_conference
from scheduler.errors import RoomTaken, Stale, TooLate, WrongMove
from scheduler.models import Conference, Delegation, Edition, Effect, Guest, Opening, Reservation, Site
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

LATER = NOW + timedelta(minutes=30)
ALL = {"u2@hop.example", "u11@hop.example", "u12@hop.example", "u13@hop.example"}


def place(db: Session, **changes: Any) -> Booked:
    return book(db, wish(**changes), actor="account:1", now=NOW, rules=RULES)


def edit(db: Session, booked: Booked, *, version: int = 1, now: Any = LATER, **changes: Any) -> Booked:
    conference = find_conference(db, booked.key)
    assert conference is not None
    booking = replace(booking_of(db, conference), **changes)
    return change(db, booked.key, booking, version=version, actor="account:1", now=now, rules=RULES)


def editions(database: Database) -> list[tuple[int, str, int, str]]:
    return database.read_now(
        lambda db: [
            (e.number, e.method, e.sequence, e.content["what"])
            for e in db.scalars(select(Edition).order_by(Edition.uid, Edition.number))
        ]
    )


def letters(database: Database, number: int, state: str = "owed") -> set[str]:
    query = select(Effect).where(Effect.kind == "letter", Effect.state == state)
    return database.read_now(lambda db: {e.payload["mail"] for e in db.scalars(query) if e.payload["number"] == number})


def test_the_wish_is_read_back_as_it_was(database: Database) -> None:
    offices(database)
    made = wish(form="hybrid", room_ids=(2, 11), unit_ids=(13, 12), guests=(GuestWish("B", "b@x.vn", "en"),), note="n")

    def work(db: Session) -> None:
        booked = book(db, made, actor="account:1", now=NOW, rules=RULES)
        conference = find_conference(db, booked.key)
        assert conference is not None
        assert booking_of(db, conference) == made

    database.write_now(work)


def test_a_new_time_moves_the_rooms_and_tells_everybody(database: Database) -> None:
    offices(database)
    booked = database.write_now(place)
    starts = START + timedelta(hours=1)  # overlaps its own old time
    database.write_now(edit, booked, starts=starts, ends=starts + timedelta(hours=2))
    rooms = select(Reservation.starts, Reservation.ends).where(Reservation.room_id.is_not(None))
    held = database.read_now(lambda db: db.execute(rooms).all())
    assert held == [(starts - timedelta(minutes=15), starts + timedelta(hours=2))] * 4
    assert editions(database) == [(1, "REQUEST", 0, "booked"), (2, "REQUEST", 1, "changed")]
    assert letters(database, 1) == set()
    assert letters(database, 1, "superseded") == ALL
    assert letters(database, 2) == ALL
    conference = database.read_now(lambda db: db.scalars(select(Conference)).one())
    assert (conference.version, conference.opens) == (2, starts - timedelta(minutes=60))


def test_a_move_onto_a_held_room_changes_nothing(database: Database) -> None:
    offices(database)
    first = database.write_now(place)
    second = database.write_now(place, starts=START + timedelta(hours=5), ends=START + timedelta(hours=6))
    with pytest.raises(RoomTaken) as refusal:
        database.write_now(edit, second, starts=START, ends=START + timedelta(hours=1))
    assert {t.room_id for t in refusal.value.taken} == {2, 11, 12, 13}
    assert database.read_now(lambda db: {c.version for c in db.scalars(select(Conference))}) == {1}
    assert first.key != second.key


def test_removed_and_added_sites_are_told_alone(database: Database) -> None:
    offices(database)
    booked = database.write_now(place)
    database.write_now(edit, booked, guests=(GuestWish("Khách", "k@x.vn"),))
    assert editions(database)[1:] == [(2, "REQUEST", 0, "booked")]
    assert letters(database, 2) == {"k@x.vn"}
    database.write_now(edit, booked, version=2, guests=())
    assert editions(database)[2:] == [(3, "CANCEL", 1, "removed")]
    assert letters(database, 3) == {"k@x.vn"}
    database.write_now(edit, booked, version=3, guests=(GuestWish("Khách", "k@x.vn"),))
    assert editions(database)[3:] == [(4, "REQUEST", 2, "booked")]
    database.write_now(edit, booked, version=4, room_ids=(2, 11, 14))
    assert editions(database)[4:6] == [(5, "CANCEL", 3, "removed"), (6, "REQUEST", 4, "changed")]
    assert editions(database)[6:] == [(7, "REQUEST", 4, "booked")]
    assert letters(database, 5) == {"u12@hop.example", "u13@hop.example"}
    assert letters(database, 6) == {"u2@hop.example", "u11@hop.example", "k@x.vn"}
    assert letters(database, 7) == {"u14@hop.example"}, "who is new is invited"

    def read(db: Session) -> None:
        sites = db.execute(select(Site.room_id, Site.role).order_by(Site.position)).all()
        assert sites == [(2, "main"), (11, "member"), (14, "member")]
        assert set(db.scalars(select(Delegation.unit_id))) == {2, 11, 14}
        gone = set(db.scalars(select(Guest.mail).where(Guest.removed_at.is_not(None))))
        assert gone == {"u12@hop.example", "u13@hop.example"}
        assert set(db.scalars(select(Reservation.room_id))) == {2, 11, 14, None}  # None: the video host's seats

    database.read_now(read)


def test_what_nobody_needs_to_know_is_not_mailed(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    booked = database.write_now(place, starts=NOW + timedelta(hours=2), ends=NOW + timedelta(hours=3),
                                short_notice_reason="gấp")  # fmt: skip
    database.write_now(edit, booked, short_notice_reason="chỉ đạo gấp")
    assert len(editions(database)) == 1
    database.close()


def test_changing_the_form_opens_and_closes_the_video_room(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    booked = database.write_now(place)
    database.write_now(edit, booked, form="in_person", in_person_reason="content")
    database.write_now(edit, booked, version=2, form="online")
    rows = database.read_now(
        lambda db: [(o.generation, o.until is None) for o in db.scalars(select(Opening).order_by(Opening.generation))]
    )
    assert rows == [(1, False), (2, True)]
    database.close()


def test_cancelling_gives_back_the_rooms_and_tells_everybody_once(database: Database) -> None:
    offices(database)
    booked = database.write_now(place)

    def away(db: Session, version: int, reason: str = "Bão số 3") -> None:
        cancel(db, booked.key, version=version, reason=reason, actor="account:1", now=LATER)

    with pytest.raises(Invalid):
        database.write_now(away, 1, " ")
    database.write_now(away, 1)
    with pytest.raises(WrongMove):
        database.write_now(away, 2)
    assert editions(database) == [(1, "REQUEST", 0, "booked"), (2, "CANCEL", 1, "cancelled")]
    assert letters(database, 2) == ALL

    def read(db: Session) -> None:
        conference = db.scalars(select(Conference)).one()
        assert (conference.state, conference.due) == ("cancelled", None)
        assert db.scalars(select(Reservation)).all() == []
        assert db.scalars(select(Opening.until)).one() == LATER
        last = db.scalars(select(Change).order_by(Change.id.desc())).first()
        assert last is not None
        assert (last.act, last.reason, last.before, last.actor) == (
            "cancelled",
            "Bão số 3",
            {"state": "planned"},
            "account:1",
        )

    database.read_now(read)
    database.write_now(place)


def test_cancelling_an_open_conference_owes_the_end_of_the_room(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    booked = database.write_now(place)
    database.write_now(lambda db: db.execute(update(Conference).values(state="open")))
    database.write_now(lambda db: cancel(db, booked.key, version=1, reason="x y", actor="account:1", now=START))
    assert database.read_now(lambda db: db.scalars(select(Effect.kind).where(Effect.kind != "letter")).all()) == [
        "end_meeting"
    ]
    database.close()


@pytest.mark.parametrize("state", ["planned", "open"])
def test_what_is_over_is_not_cancelled_although_its_room_is_still_open(database: Database, state: str) -> None:
    """It took place; a cancellation written now could reach nobody in time."""
    offices(database)
    booked = database.write_now(place)
    database.write_now(lambda db: db.execute(update(Conference).values(state=state)))

    def away(db: Session, now: datetime) -> None:
        cancel(db, booked.key, version=1, reason="Bão số 3", actor="account:1", now=now)

    end = START + timedelta(hours=2)
    for late in (end, end + timedelta(minutes=14)):
        with pytest.raises(TooLate) as refused:
            database.write_now(away, late)
        assert refused.value.data == {"ends": end.isoformat()}
    assert letters(database, 2) == set()
    database.write_now(away, end - timedelta(minutes=1))
    assert letters(database, 2) == ALL


def test_a_draft_is_submitted_under_the_same_rules(database: Database) -> None:
    offices(database)
    drafted = database.write_now(
        lambda db: book(db, wish(no_secrets=False), actor="account:1", now=NOW, rules=RULES, draft=True)
    )

    def send(db: Session, version: int) -> Booked:
        return submit(db, drafted.key, version=version, actor="account:1", now=NOW, rules=RULES)

    with pytest.raises(Invalid):
        database.write_now(send, 1)
    database.write_now(edit, drafted, no_secrets=True)
    taker = database.write_now(place)
    with pytest.raises(RoomTaken):
        database.write_now(send, 2)
    database.write_now(lambda db: cancel(db, taker.key, version=1, reason="nhường", actor="account:1", now=NOW))
    database.write_now(send, 2)
    conference = database.read_now(lambda db: db.get_one(Conference, drafted.id))
    assert (conference.state, conference.version) == ("planned", 3)
    assert conference.uid is not None
    assert database.read_now(lambda db: len(db.scalars(select(Reservation)).all())) == 5


def test_refusals_of_a_change(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    booked = database.write_now(place)
    with pytest.raises(Stale):
        database.write_now(edit, booked, version=7)
    with pytest.raises(TooLate):
        database.write_now(edit, booked, now=START)
    with pytest.raises(NotFound):
        database.write_now(lambda db: cancel(db, "nosuchkey1", version=1, reason="x", actor="account:1", now=NOW))
    database.close()
