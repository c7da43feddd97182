"""Letting a running conference go on: what it holds then, what stands in the way, and who wins a race for the time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import update

from confsvc.database import Database
from rooms.errors import Invalid, Problem
from rooms.models import Change, Line, Room
from scheduler.booking.book import book
from scheduler.booking.place.capacity import BridgeLimit
from scheduler.conduct.extension import extend
from scheduler.conduct.room_to_extend import room_to_extend
from scheduler.errors import NoExtension, RoomTaken, Stale, TooLate, WrongMove
from scheduler.models import Conference, Done, Effect, Reservation
from tests.scheduler.booking.offices import NOW, RULES, START, wish
from tests.scheduler.conduct.world import END, World

LATE = END - timedelta(minutes=12)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def world(database: Database) -> World:
    """A conference in four rooms that runs and in which everybody is."""
    made = World(database)
    made.pass_time(START)
    for room in (2, 11, 12, 13):
        made.seen("occupant.joined", room, START)
    made.pass_time(LATE)
    return made


def longer(world: World, by: int, at: Any = LATE, **changes: Any) -> Any:
    version = world.conference().version
    kwargs = {"version": version, "actor": "account:1", "now": at, "rules": RULES} | changes
    return world.database.write_now(extend, world.booked.key, by, **kwargs)


def neighbour(world: World, starts: Any, rooms: tuple[int, ...] = (13, 14), **changes: Any) -> Any:
    """Another office's conference, booked a week before; its rooms are held from a quarter of an hour before it."""
    asked = wish(starts=starts, ends=starts + minutes(60), room_ids=rooms, host_unit_id=14, **changes)
    return world.database.write_now(book, asked, actor="account:2", now=NOW, rules=RULES)


def test_the_end_and_everything_held_move_together(world: World) -> None:
    before = {(r.room_id, r.line_id, r.bridge_id): r.ends for r in world.rows(Reservation)}
    letters = len(world.rows(Effect, kind="letter"))
    was = world.conference()
    longer(world, 30)
    now = world.conference()
    assert (now.ends, now.booked_ends, now.latest_end) == (END + minutes(30), END, was.latest_end)
    assert {(r.room_id, r.line_id, r.bridge_id): r.ends - minutes(30) for r in world.rows(Reservation)} == before
    assert len(before) > 4 and len(world.rows(Effect, kind="letter")) == letters, "nobody is written to while it runs"
    (row,) = world.rows(Change, act="extended")
    assert (row.before, row.after) == ({"ends": END.isoformat()}, {"ends": (END + minutes(30)).isoformat()})
    assert world.pass_time(END + minutes(44)) == []
    assert world.pass_time(END + minutes(45)) == ["ended"]


def test_the_warnings_come_again_before_the_new_end(world: World) -> None:
    def steps() -> set[str]:
        query = world.database.read_now(lambda db: db.query(Done.step).filter(Done.step.like("ending%")).all())
        return {row[0] for row in query}

    world.pass_time(END - minutes(4))
    assert steps() == {"ending_10", "ending_5"}
    longer(world, 15, at=END - minutes(3))
    assert steps() == set()
    assert world.conference().due == END + minutes(5)
    world.pass_time(END + minutes(5))
    assert steps() == {"ending_10"}


def test_never_beyond_the_latest_end(world: World) -> None:
    for n in range(4):
        longer(world, 30, at=LATE + minutes(30 * n))
    latest = world.conference().latest_end
    assert world.conference().ends == latest == END + minutes(120)
    with pytest.raises(NoExtension) as refused:
        longer(world, 15, at=latest - minutes(1))
    assert refused.value.data["longest"] == 0 and refused.value.latest == latest
    assert not refused.value.taken


def test_a_room_that_others_have_stands_in_the_way_with_whose_and_until_when(world: World) -> None:
    neighbour(world, END + minutes(35))
    with pytest.raises(NoExtension) as refused:
        longer(world, 30)
    (taken,) = refused.value.taken
    assert (taken.unit, taken.room) == ("Huyện 3", "Phòng 13")
    assert (taken.starts, taken.ends) == (END + minutes(20), END + minutes(95))
    assert refused.value.data["longest"] == 20
    assert world.conference().ends == END, "nothing was written"
    longer(world, 15)
    assert world.conference().ends == END + minutes(15)


def test_a_line_that_others_fill_stands_in_the_way(world: World) -> None:
    def narrow(db: Any) -> None:
        line = Line(name="Đường truyền chung", owner_unit_id=1, kbps_up=4000, kbps_down=16000, share=100)
        db.add(line)
        db.flush()
        db.execute(update(Room).where(Room.id.in_((13, 14))).values(line_id=line.id))
        held = {"line_id": line.id, "starts": START, "ends": END + minutes(15), "kbps_up": 1800, "kbps_down": 5400}
        db.add(Reservation(conference_id=world.booked.id, holds=True, **held))
        other = db.query(Conference).filter(Conference.id != world.booked.id).one()
        held |= {"starts": END + minutes(20), "ends": END + minutes(90), "kbps_up": 2500, "kbps_down": 100}
        db.add(Reservation(conference_id=other.id, holds=True, **held))

    neighbour(world, END + minutes(200), rooms=(14,))
    world.database.write_now(narrow)
    with pytest.raises(NoExtension) as refused:
        longer(world, 15)
    (full,) = refused.value.full
    assert (full.what, full.name, full.measure) == ("line", "Đường truyền chung", "kbps_up")
    assert (full.free, full.needed, full.holders) == (1500, 1800, ("Huyện 3",))
    assert refused.value.data["longest"] == 5


def test_a_full_video_host_stands_in_the_way(world: World) -> None:
    neighbour(world, END + minutes(80), rooms=(14, 15))
    rules = replace(RULES, bridge_limits={1: BridgeLimit(seats=5)})
    found = world.database.read_now(lambda db: room_to_extend(db, db.get(Conference, world.booked.id), rules))
    assert found.minutes == 5, "the other opens an hour before it begins, ours is held to the end of the grace"
    with pytest.raises(NoExtension) as refused:
        longer(world, 15, rules=rules)
    assert [(full.what, full.free, full.needed) for full in refused.value.full] == [("bridge", 3, 4)]
    longer(world, 15)


def test_only_what_runs_is_extended_and_only_by_what_is_offered(world: World) -> None:
    with pytest.raises(Invalid):
        longer(world, 20)
    with pytest.raises(Stale):
        longer(world, 15, version=1)
    with pytest.raises(TooLate):
        longer(world, 15, at=END + minutes(15))
    world.pass_time(END + minutes(15))
    with pytest.raises(WrongMove):
        longer(world, 15, at=END + minutes(16))


def test_a_sitting_that_overruns_is_extended_within_the_grace(world: World) -> None:
    world.pass_time(END + minutes(5))
    longer(world, 15, at=END + minutes(5))
    assert world.conference().ends == END + minutes(15)
    assert world.pass_time(END + minutes(29)) == []


@pytest.mark.parametrize("round_", range(5))
def test_of_an_extension_and_a_booking_for_the_same_time_one_wins_and_the_other_is_told_why(
    database: Database, round_: int
) -> None:
    world = World(database)
    world.pass_time(START)
    for room in (2, 11, 12, 13):
        world.seen("occupant.joined", room, START)
    world.pass_time(LATE)
    barrier, found = threading.Barrier(2), {}
    url = database.url.render_as_string(hide_password=False)
    wanted = wish(
        starts=END + minutes(15), ends=END + minutes(60), room_ids=(13, 14), host_unit_id=14,
        short_notice_reason="mưa lũ",
    )  # fmt: skip
    version = world.conference().version

    def run(name: str, work: Callable[[Database], Any]) -> None:
        mine = Database(url)
        barrier.wait()
        try:
            found[name] = work(mine)
        except Problem as problem:
            found[name] = problem
        mine.close()

    both = {
        "extend": lambda db: db.write_now(
            extend, world.booked.key, 15, version=version, actor="account:1", now=LATE, rules=RULES
        ),
        "book": lambda db: db.write_now(book, wanted, actor="account:2", now=LATE, rules=RULES),
    }
    threads = [threading.Thread(target=run, args=item) for item in both.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = {name for name, what in found.items() if not isinstance(what, Problem)}
    assert len(won) == 1, found
    if won == {"extend"}:
        refused = found["book"]
        assert isinstance(refused, RoomTaken) and refused.taken[0].ends == END + minutes(15)
    else:
        refused = found["extend"]
        assert isinstance(refused, NoExtension) and refused.taken[0].unit == "Huyện 3"
        assert refused.data["longest"] == 0
    _nothing_overlaps(world)


def _nothing_overlaps(world: World) -> None:
    held = [r for r in world.rows(Reservation) if r.room_id == 13]
    held.sort(key=lambda r: r.starts)
    assert all(one.ends <= other.starts for one, other in pairwise(held))
