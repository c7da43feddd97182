"""One step at a time on both databases: states, change rows, effects, pokes; and what several processes do at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from confsvc.database import Database
from rooms.errors import NotFound
from rooms.models import Change
from scheduler.booking.edit import cancel
from scheduler.conduct.advance import advance, finish
from scheduler.conduct.lifecycle import Step
from scheduler.errors import Stale, WrongMove
from scheduler.models import Effect, Opening, Reservation
from tests.scheduler.booking.offices import NOW, START
from tests.scheduler.conduct.world import END, TIMING, World


def test_a_whole_life(database: Database) -> None:
    world = World(database)
    assert world.pass_time(START - timedelta(minutes=71)) == []
    assert world.pass_time(START - timedelta(minutes=70)) == ["provisioned"]
    assert world.pass_time(START) == ["open"]
    assert world.pass_time(END + timedelta(minutes=14)) == []
    assert world.pass_time(END + timedelta(minutes=15)) == ["ended"]
    assert world.conference().ended_by == "time"
    assert world.pass_time(END + timedelta(minutes=20)) == ["recorded"]
    assert world.conference().due is None
    acts = [c.act for c in world.rows(Change, subject_kind="conference", subject_id=world.booked.id)]
    assert acts == ["booked", "provision", "open", "end", "record"]


def test_the_end_is_owed_once_and_the_opening_is_closed(database: Database) -> None:
    world = World(database)
    now = END + timedelta(minutes=30)
    assert world.pass_time(now) == ["ended", "recorded"]
    (owed,) = world.rows(Effect, kind="end_meeting")
    opening = world.opening()
    assert owed.key == f"end:{opening.id}"
    assert owed.payload == {"opening": opening.id, "bridge": "chinh", "jitsi_name": opening.jitsi_name}
    assert opening.until == now


def test_somebody_who_comes_early_opens_it(database: Database) -> None:
    world = World(database)
    world.pass_time(START - timedelta(minutes=60))
    early = START - timedelta(minutes=14)
    world.seen("occupant.joined", 11, early)
    assert world.pass_time(early) == ["open"]


def test_in_person_lives_the_same_without_a_video_room(database: Database) -> None:
    world = World(database, form="in_person", in_person_reason="content")
    assert world.pass_time(END + timedelta(hours=1)) == ["ended", "recorded"]
    assert world.rows(Opening) == []
    assert world.rows(Effect, kind="end_meeting") == []
    assert world.conference().outcome == "unknown"


def test_a_doubled_tick_does_nothing(database: Database) -> None:
    world = World(database)
    world.pass_time(START - timedelta(hours=24))  # reminds
    now = START - timedelta(minutes=70)
    first = database.write_now(advance, world.booked.id, now=now, timing=TIMING)
    again = database.write_now(advance, world.booked.id, now=now, timing=TIMING)
    assert (first, again) == (Step("provisioned", "provision", START - timedelta(minutes=60)), None)


def test_many_processes_take_one_step_once(database: Database) -> None:
    """Each has its own engine, as processes have; a barrier makes them start together."""
    world = World(database)
    url = database.url.render_as_string(hide_password=False)
    others = [Database(url) for _ in range(4)]
    barrier = threading.Barrier(len(others))
    steps: list[Step | None] = []

    def run(mine: Database) -> None:
        barrier.wait()
        steps.append(mine.write_now(advance, world.booked.id, now=END + timedelta(minutes=15), timing=TIMING))

    threads = [threading.Thread(target=run, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert [step.to for step in steps if step] == ["ended"]
    assert len(world.rows(Effect, kind="end_meeting")) == 1
    assert [c.act for c in world.rows(Change, act="end")] == ["end"]


def test_every_step_wakes_the_rooms(database: Database) -> None:
    world = World(database)
    woken: list[set[str]] = []
    database.on_poke = woken.append
    world.pass_time(START)
    assert {"room:2", "room:11", "room:12", "room:13", f"conference:{world.booked.id}"} <= woken[-1]


def test_the_organiser_ends_it(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    now = START + timedelta(minutes=50, seconds=3)
    version = world.conference().version
    arguments = {"actor": "account:1", "timing": TIMING}
    with pytest.raises(Stale):
        database.write_now(finish, world.booked.key, version=version - 1, now=now, **arguments)
    database.write_now(finish, world.booked.key, version=version, now=now, **arguments)
    ended = world.conference()
    assert (ended.state, ended.ended_by, ended.ends, ended.booked_ends) == ("ended", "organiser", now, END)
    assert {r.ends for r in world.rows(Reservation)} == {now}
    assert len(world.rows(Effect, kind="end_meeting")) == 1
    assert world.pass_time(now + timedelta(minutes=4)) == []
    assert world.pass_time(now + timedelta(minutes=5)) == ["recorded"]


def test_what_is_not_open_cannot_be_ended(database: Database) -> None:
    world = World(database)
    with pytest.raises(WrongMove):
        database.write_now(finish, world.booked.key, version=1, actor="account:1", now=NOW, timing=TIMING)
    with pytest.raises(NotFound):
        database.write_now(finish, "nothing", version=1, actor="account:1", now=NOW, timing=TIMING)


def test_a_cancelled_one_is_left_alone(database: Database) -> None:
    world = World(database)
    database.write_now(cancel, world.booked.key, version=1, reason="Lý do", actor="account:1", now=NOW)
    assert world.pass_time(END + timedelta(days=1)) == []
    assert world.conference().state == "cancelled"
