"""Facts: once per key, in any order, kept also of rooms nobody knows; they ring and never write a state."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from confsvc.database import Database
from scheduler.conduct.census import note_census
from scheduler.conduct.facts import LATE_WAIT, NewFact, add_fact
from scheduler.models import Fact, Opening
from tests.scheduler.booking.offices import NOW, START
from tests.scheduler.conduct.world import END, World


def test_a_fact_is_kept_once(database: Database) -> None:
    world = World(database)
    assert world.seen("occupant.joined", 11, START)
    assert not world.seen("occupant.joined", 11, START)
    (fact,) = world.rows(Fact)
    assert (fact.conference_id, fact.opening_id, fact.kind) == (world.booked.id, world.opening().id, "occupant.joined")


def test_a_room_that_nobody_booked_is_kept_without_a_conference(database: Database) -> None:
    World(database)
    fact = NewFact("x", "room.created", "bridge:1", NOW, bridge_id=1, jitsi_name="stranger")
    assert database.write_now(add_fact, fact, now=NOW)
    stored = database.read_now(lambda db: db.query(Fact).one())
    assert (stored.conference_id, stored.opening_id, stored.data) == (None, None, {"room": "stranger"})


def test_a_closed_opening_still_gets_its_facts(database: Database) -> None:
    world = World(database)
    database.write_now(lambda db: db.execute(update(Opening).values(until=NOW)))
    world.seen("occupant.left", 11, START, END)
    assert world.rows(Fact)[0].conference_id == world.booked.id


def test_the_name_on_another_bridge_is_another_room(database: Database) -> None:
    world = World(database)
    name = world.opening().jitsi_name
    database.write_now(add_fact, NewFact("x", "room.created", "bridge:2", NOW, bridge_id=2, jitsi_name=name), now=NOW)
    assert world.rows(Fact)[0].conference_id is None


def test_a_destroyed_room_ends_nothing(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    at = START + timedelta(minutes=5)
    world.tell("room.destroyed", at, "d1", {"occupants": []})
    assert world.pass_time(at) == []
    assert world.conference().state == "open"


def test_a_late_fact_has_the_record_derived_again(database: Database) -> None:
    world = World(database)
    world.pass_time(END + timedelta(hours=1))
    late = END + timedelta(hours=2)
    world.seen("occupant.left", 11, START, END, now=late)
    assert world.conference().due == late + LATE_WAIT
    assert world.pass_time(late + LATE_WAIT) == ["rederive"]
    assert world.conference().due is None


def test_a_room_missing_from_the_census_is_closed_once(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    world.seen("occupant.joined", 11, START)
    soon, later = START + timedelta(seconds=30), START + timedelta(minutes=10)
    assert database.write_now(note_census, 1, set(), asked=soon, now=soon) == 0, "the answer may be older than the join"
    assert database.write_now(note_census, 1, {world.opening().jitsi_name}, asked=later, now=later) == 0
    assert database.write_now(note_census, 1, set(), asked=later, now=later) == 1
    assert database.write_now(note_census, 1, set(), asked=later, now=later) == 0
    assert world.conference().state == "open"
    world.seen("occupant.joined", 11, later + timedelta(minutes=1))
    after = later + timedelta(minutes=10)
    assert database.write_now(note_census, 1, set(), asked=after, now=after) == 1, "a second session of the same room"
