"""Sites where nobody is: warned of, given back, had again; and the warnings before the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from confsvc.database import Database
from confsvc.web.pages.phrases import TROUBLES
from rooms.errors import NotFound
from rooms.models import Change, Line, Room
from scheduler.booking.book import book
from scheduler.conduct.advance import finish
from scheduler.conduct.agenda import BridgeFace, agenda
from scheduler.conduct.extension import extend
from scheduler.conduct.lifecycle import ending_steps
from scheduler.conduct.presence import check_in, list_unseen
from scheduler.conduct.queries import list_done, list_warned
from scheduler.errors import NoCapacity, RoomTaken, WrongMove
from scheduler.local_time import local_day
from scheduler.models import Reservation, Site
from scheduler.rule_acts import RuleWish, put_rule
from tests.scheduler.booking.offices import NOW, RULES, START, wish
from tests.scheduler.conduct.world import END, TIMING, World


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    made.pass_time(START)
    return made


def acts(world: World) -> list[tuple[str, list[int]]]:
    rows = world.rows(Change, subject_kind="conference", subject_id=world.booked.id)
    found = [(row.act, row.after["rooms"]) for row in rows if row.after and "rooms" in row.after]
    return [one for one in found if one[0] in ("nobody_seen", "given_back", "checked_in")]


def here(world: World, room: int, now: datetime) -> None:
    world.database.write_now(check_in, world.booked.key, room, actor="account:7", now=now, timing=TIMING)


def wait(world: World) -> None:
    """A quarter of an hour goes by as the loop lives it."""
    world.pass_time(START + minutes(10))
    world.pass_time(START + minutes(15))


def held_until(world: World, room: int) -> list[datetime]:
    return [row.ends for row in world.rows(Reservation, room_id=room, conference_id=world.booked.id)]


def test_a_site_where_nobody_is_is_given_back_after_a_warning(world: World) -> None:
    world.seen("occupant.joined", 11, START + minutes(1))
    world.seen("occupant.joined", 2, START + minutes(1))
    here(world, 12, START + minutes(5))
    world.pass_time(START + minutes(9))
    assert acts(world) == [("checked_in", [12])]
    world.pass_time(START + minutes(10))
    assert acts(world)[1:] == [("nobody_seen", [13])]
    world.pass_time(START + minutes(14))
    assert held_until(world, 13) == [END]
    world.pass_time(START + minutes(15))
    assert acts(world)[2:] == [("given_back", [13])]
    assert held_until(world, 13) == [START + minutes(15)]
    assert [held_until(world, room) for room in (2, 11, 12)] == [[END]] * 3
    assert {s.room_id: s.given_back_at for s in world.rows(Site)}[13] == START + minutes(15)
    asked = wish(starts=START + minutes(45), ends=END, room_ids=(13,), host_unit_id=13, short_notice_reason="mưa lũ")
    world.database.write_now(book, asked, actor="account:2", now=START + minutes(16), rules=RULES)


def no_show(world: World, what: str, value: str, **place: Any) -> None:
    rule = RuleWish(what, place.get("kind"), place.get("unit_id"), value, "QĐ", local_day(START))
    world.database.write_now(put_rule, rule, actor="cli", now=NOW)


def test_how_long_nobody_is_waited_for_is_a_rule_of_the_house(database: Database) -> None:
    world = World(database)
    no_show(world, "no_show_warns", "20", kind="training")
    no_show(world, "no_show_frees", "35", unit_id=2)
    no_show(world, "no_show_frees", "60", kind="briefing")
    world.pass_time(START)
    for at in (10, 15, 19):
        world.pass_time(START + minutes(at))
    assert acts(world) == []
    world.pass_time(START + minutes(20))
    assert [act for act, _ in acts(world)] == ["nobody_seen"]
    world.pass_time(START + minutes(34))
    assert [act for act, _ in acts(world)] == ["nobody_seen"]
    world.pass_time(START + minutes(35))
    assert {act for act, _ in acts(world)} == {"nobody_seen", "given_back"}


def test_nothing_is_given_back_without_a_warning(database: Database) -> None:
    world = World(database)
    no_show(world, "no_show_warns", "30")
    no_show(world, "no_show_frees", "5")
    world.pass_time(START)
    world.pass_time(START + minutes(30))
    assert [act for act, _ in acts(world)] == ["nobody_seen"]
    world.pass_time(START + minutes(31))
    assert acts(world)[-1][0] == "given_back"


def test_whoever_comes_late_has_the_site_again_while_it_is_free(world: World) -> None:
    world.seen("occupant.joined", 11, START)
    wait(world)
    here(world, 13, START + minutes(20))
    assert held_until(world, 13) == [START + minutes(15), END]
    site = next(s for s in world.rows(Site) if s.room_id == 13)
    assert (site.given_back_at, site.checked_in_at, site.checked_in_by) == (None, START + minutes(20), "account:7")
    here(world, 13, START + minutes(21))
    assert [act for act, rooms in acts(world) if rooms == [13] and act == "checked_in"] == ["checked_in"]
    version = world.conference().version
    world.database.write_now(
        extend, world.booked.key, 15, version=version, actor="account:1", now=END - minutes(1), rules=RULES
    )
    assert held_until(world, 13)[-1] == END + minutes(15), "it is extended like the others"
    assert held_until(world, 12) == [START + minutes(15)], "what was given back is not"


def given_back_on_screen(world: World, room: int, now: datetime) -> bool:
    """What the hall's screen is told."""
    faces = {1: BridgeFace("chinh", "meet.example", "https://x/external_api.js", "https://x")}
    body = world.database.read_now(
        agenda, room, now=now, timing=TIMING, mint=lambda *_: "ticket", bridges=faces
    )  # fmt: skip
    return any(item.get("given_back", False) for item in body["conferences"] if item["key"] == world.booked.key)


def test_a_device_that_joins_late_has_its_room_again(world: World) -> None:
    world.seen("occupant.joined", 11, START)
    wait(world)
    late = START + minutes(20)
    assert given_back_on_screen(world, 13, late)
    world.seen("occupant.joined", 13, late)
    world.pass_time(late)
    assert held_until(world, 13) == [START + minutes(15), END]
    site = next(s for s in world.rows(Site) if s.room_id == 13)
    assert (site.given_back_at, site.checked_in_at, site.checked_in_by) == (None, late, "endpoint")
    assert not given_back_on_screen(world, 13, late) and world.conference().trouble is None
    late_acts = [row.act for row in world.rows(Change, subject_id=world.booked.id) if row.act.startswith("came_late")]
    assert late_acts == ["came_late"]
    world.seen("occupant.joined", 13, START + minutes(30))
    assert world.pass_time(START + minutes(30)) == [], "once is enough"
    world.database.write_now(
        extend, world.booked.key, 15, version=world.conference().version, actor="account:1", now=END - minutes(1),
        rules=RULES,
    )  # fmt: skip
    assert held_until(world, 13)[-1] == END + minutes(15)


def test_a_device_that_joins_when_others_have_the_room_is_told_of(world: World) -> None:
    world.seen("occupant.joined", 11, START)
    wait(world)
    asked = wish(starts=START + minutes(60), ends=END, room_ids=(13,), host_unit_id=13, short_notice_reason="mưa lũ")
    world.database.write_now(book, asked, actor="account:2", now=START + minutes(16), rules=RULES)
    late = START + minutes(20)
    world.seen("occupant.joined", 13, late)
    world.pass_time(late)
    assert held_until(world, 13) == [START + minutes(15)]
    assert world.conference().trouble == "site_taken" and given_back_on_screen(world, 13, late)
    assert "site_taken" in TROUBLES, "people read it in words"
    world.seen("occupant.joined", 13, START + minutes(25))
    assert world.pass_time(START + minutes(25)) == []
    acts_now = [row.act for row in world.rows(Change, subject_id=world.booked.id) if row.act.startswith("came_late")]
    assert acts_now == ["came_late_taken"]


def test_a_site_that_others_have_taken_is_not_had_again(world: World) -> None:
    world.seen("occupant.joined", 11, START)
    wait(world)
    asked = wish(starts=START + minutes(60), ends=END, room_ids=(13,), host_unit_id=13, short_notice_reason="mưa lũ")
    world.database.write_now(book, asked, actor="account:2", now=START + minutes(16), rules=RULES)
    with pytest.raises(RoomTaken) as refused:
        here(world, 13, START + minutes(20))
    assert refused.value.taken[0].unit == "Huyện 2"
    assert held_until(world, 13) == [START + minutes(15)]


def test_its_part_of_a_line_goes_and_comes_with_it(database: Database) -> None:
    def lay(db: Any) -> None:
        db.add(Line(id=7, name="Đường truyền chung", owner_unit_id=1, kbps_up=4000, kbps_down=16000, share=100))
        db.flush()
        db.execute(update(Room).where(Room.id.in_((12, 13, 14))).values(line_id=7))

    class WithLine(World):
        def __init__(self, database: Database) -> None:
            super().__init__(database, starts=START - timedelta(days=1), ends=END - timedelta(days=1))
            database.write_now(lay)
            self.booked = database.write_now(
                book, wish(), actor="account:1", now=START - timedelta(days=7), rules=RULES
            )

    world = WithLine(database)
    world.pass_time(START)
    for room in (2, 11, 12):
        world.seen("occupant.joined", room, START)

    def line() -> list[datetime]:
        return sorted(row.ends for row in world.rows(Reservation, line_id=7, conference_id=world.booked.id))

    assert line() == [END + minutes(15)] * 2
    wait(world)
    assert line() == [START + minutes(15), END + minutes(15)]
    here(world, 13, START + minutes(16))
    assert line() == [START + minutes(15), END + minutes(15), END + minutes(15)]
    world.pass_time(END + minutes(20))
    assert held_until(world, 13)[-1] == END


def test_a_full_line_keeps_a_late_site_out(database: Database) -> None:
    def lay(db: Any) -> None:
        db.add(Line(id=7, name="Đường truyền chung", owner_unit_id=1, kbps_up=2000, kbps_down=9000, share=100))
        db.flush()
        db.execute(update(Room).where(Room.id == 13).values(line_id=7))
        mine = {"line_id": 7, "conference_id": world.booked.id, "holds": True, "starts": START, "kbps_up": 1800}
        db.add(Reservation(ends=END + minutes(15), **mine))

    world = World(database)
    database.write_now(lay)
    world.pass_time(START)
    world.seen("occupant.joined", 11, START)
    wait(world)

    def fill(db: Any) -> None:
        taken = {"line_id": 7, "holds": True, "starts": START + minutes(16), "ends": END, "kbps_up": 500}
        db.add(Reservation(conference_id=neighbour.id, **taken))

    asked = wish(starts=START + timedelta(days=2), ends=END + timedelta(days=2), room_ids=(14,), host_unit_id=14)
    neighbour = database.write_now(book, asked, actor="account:2", now=START - timedelta(days=7), rules=RULES)
    database.write_now(fill)
    with pytest.raises(NoCapacity) as refused:
        here(world, 13, START + minutes(20))
    assert refused.value.full[0].holders == ("Huyện 3",)


def test_the_main_site_is_only_given_back_when_nobody_is_anywhere(world: World) -> None:
    wait(world)
    assert {s.room_id for s in world.rows(Site) if s.given_back_at} == {2, 11, 12, 13}
    assert acts(world)[0] == ("nobody_seen", [2, 11, 12, 13])


def test_only_what_runs_or_is_about_to_takes_check_ins_and_only_of_its_sites(database: Database) -> None:
    world = World(database)
    with pytest.raises(WrongMove):
        here(world, 11, START - timedelta(hours=3))
    with pytest.raises(NotFound):
        here(world, 20, START)
    world.pass_time(START - minutes(50))
    here(world, 11, START - minutes(40))
    world.pass_time(START)
    with pytest.raises(WrongMove):
        here(world, 12, END)


def test_what_was_ended_before_is_neither_warned_nor_given_back(world: World) -> None:
    world.seen("occupant.joined", 11, START)
    world.database.write_now(
        finish, world.booked.key, version=world.conference().version, actor="account:1", now=START + minutes(5),
        timing=TIMING,
    )  # fmt: skip
    world.pass_time(END)
    assert acts(world) == []


def _agenda(world: World, room: int, now: datetime) -> dict[str, Any]:
    face = BridgeFace("chinh", "meet.example", "https://meet.example/x.js", "https://meet.example")
    return world.database.read_now(agenda, room, now=now, timing=TIMING, mint=lambda *_: "ticket", bridges={1: face})


def test_a_hall_is_told_of_the_end_by_its_agenda(world: World) -> None:
    for room in (2, 11, 12, 13):
        world.seen("occupant.joined", room, START)
    world.pass_time(END - minutes(11))
    assert "ending" not in _agenda(world, 11, END - minutes(11))["conferences"][0]
    world.pass_time(END - minutes(10))
    first = _agenda(world, 11, END - minutes(10))["conferences"][0]
    assert first["ending"] == {"minutes": 10, "extension": 120}
    assert _agenda(world, 11, END - minutes(6))["conferences"][0] == first, "nothing changes by time alone"
    asked = wish(
        starts=END + minutes(40), ends=END + minutes(90), room_ids=(13,), host_unit_id=13, short_notice_reason="x"
    )
    world.database.write_now(book, asked, actor="account:2", now=END - minutes(8), rules=RULES)
    world.pass_time(END - minutes(5))
    assert _agenda(world, 11, END - minutes(5))["conferences"][0]["ending"] == {"minutes": 5, "extension": 25}
    world.database.write_now(
        extend, world.booked.key, 15, version=world.conference().version, actor="account:1", now=END - minutes(4),
        rules=RULES,
    )  # fmt: skip
    told = _agenda(world, 11, END - minutes(4))["conferences"][0]
    assert "ending" not in told and told["ends"] == "2026-12-01T03:15:00Z"


def test_of_missed_warnings_only_the_last_is_given(world: World) -> None:
    for room in (2, 11, 12, 13):
        world.seen("occupant.joined", room, START)
    world.pass_time(END - minutes(3))
    done = world.database.read_now(list_done, world.booked.id, START)
    assert set(done) >= {"ending_10", "ending_5"} and "ending_1" not in done
    (warned,) = world.database.read_now(list_warned, [world.booked.key], ending_steps()).values()
    assert warned.step == "ending_5"


def test_what_was_said_of_an_earlier_sitting_holds_no_more(world: World) -> None:
    world.seen("occupant.joined", 2, START)
    here(world, 12, START + minutes(5))
    wait(world)
    later = timedelta(days=1)
    world.set(starts=START + later, ends=END + later, opens=START + later - minutes(60), latest_end=END + 2 * later)
    conference = world.conference()
    unseen = world.database.read_now(list_unseen, conference)
    assert {site.room_id for site in unseen} == {11, 12, 13}
