"""Sites are taken out of a conference that runs: what was seen of them stays in its record."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from confsvc.database import Database
from scheduler.booking.giving_way.preempt import preempt
from scheduler.booking.giving_way.rivals import Consent
from scheduler.models import Attendance, Delegation, Effect, Guest, Presence, Reservation, Site
from tests.scheduler.booking.offices import RULES, START, wish
from tests.scheduler.conduct.world import END, World


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def taken_out(database: Database) -> World:
    """Rooms 12 and 13 are needed after twenty minutes; 13 was there, nobody had come to 12."""
    world = World(database)
    for room in (2, 11, 13):
        world.seen("occupant.joined", room, START)
    world.pass_time(START)
    now = START + minutes(20)
    emergency = wish(
        title="Họp khẩn phòng, chống lũ", kind="emergency", chair_level="chairman", room_ids=(13, 12, 15),
        host_unit_id=13, starts=now + minutes(10), ends=END,
    )  # fmt: skip
    consent = Consent(frozenset([world.booked.key]), {world.booked.key: "sites_out"})
    database.write_now(preempt, emergency, consent, actor="account:9", now=now, rules=RULES)
    return world


def test_what_was_seen_stays_and_where_nobody_was_goes(database: Database) -> None:
    world = taken_out(database)
    mine = {"conference_id": world.booked.id}
    assert {site.room_id: site.given_back_at for site in world.rows(Site, **mine)} == {
        2: None, 11: None, 13: START + minutes(20),
    }  # fmt: skip
    assert {row.unit_id for row in world.rows(Delegation, **mine)} == {2, 11, 13}
    assert {row.room_id for row in world.rows(Reservation, **mine) if row.room_id} == {2, 11}
    gone = {guest.mail for guest in world.rows(Guest, **mine) if guest.removed_at is not None}
    assert gone == {"u12@hop.example", "u13@hop.example"}
    told = database.read_now(
        lambda db: set(
            db.scalars(
                select(Effect.payload["mail"].as_string()).where(
                    Effect.conference_id == world.booked.id, Effect.payload["method"].as_string() == "CANCEL"
                )
            )
        )
    )
    assert told == gone
    world.seen("occupant.left", 13, START, START + minutes(24))
    for room in (2, 11):
        world.seen("occupant.left", room, START, END)
    world.pass_time(END + minutes(30))
    assert world.conference().state == "recorded"
    by_room = {site.id: site.room_id for site in world.rows(Site, **mine)}
    seen = {by_room[row.site_id]: row.left - row.joined for row in world.rows(Presence, **mine)}
    assert seen == {2: END - START, 11: END - START, 13: minutes(24)}
    lines = {row.delegation_id: row for row in world.rows(Attendance, **mine)}
    delegation = next(row for row in world.rows(Delegation, **mine) if row.unit_id == 13)
    line = lines[delegation.id]
    assert (line.mode, line.extent, line.seconds) == ("online", "part", 24 * 60)


def test_a_device_that_comes_again_does_not_take_the_needed_room(database: Database) -> None:
    world = taken_out(database)
    late = START + minutes(22)
    world.seen("occupant.joined", 13, late)
    world.pass_time(late)
    assert {row.room_id for row in world.rows(Reservation, conference_id=world.booked.id) if row.room_id} == {2, 11}
    assert world.conference().trouble == "site_taken"
