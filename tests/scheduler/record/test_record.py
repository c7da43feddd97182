"""From facts to rows on both databases: attendance to the second, the line in the measure, and what people correct."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from confsvc.database import Database
from rooms.errors import Invalid
from rooms.models import Change
from scheduler.booking.book import book
from scheduler.booking.log import Logged, log_in_person
from scheduler.conduct.advance import advance
from scheduler.conduct.facts import LATE_WAIT
from scheduler.errors import Stale, WrongMove
from scheduler.models import Attendance, Conference, Delegation, Fact, Presence, Tally, TallyDistrict
from scheduler.record.close_out import Mark, Result, confirm_result
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.conduct.world import END, TIMING, World

DONE = END + timedelta(minutes=20)


def lines(world: World) -> dict[int, tuple[str, str, int, str]]:
    """By unit: mode, extent, seconds, evidence."""
    units = {d.id: d.unit_id for d in world.rows(Delegation, conference_id=world.booked.id)}
    return {
        units[a.delegation_id]: (a.mode, a.extent, a.seconds, a.evidence)
        for a in world.rows(Attendance, conference_id=world.booked.id)
    }


def stay(world: World, room: int, joined: datetime, left: datetime) -> None:
    world.seen("occupant.joined", room, joined)
    world.seen("occupant.left", room, joined, left)


def confirm(world: World, result: Result, now: datetime = DONE, **kwargs: Any) -> None:
    version = kwargs.pop("version", None) or world.conference().version
    world.database.write_now(confirm_result, world.booked.key, result, version=version, actor="account:1", now=now)


def test_attendance_to_the_second_and_the_tally(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    stay(world, 2, START - timedelta(minutes=15), END + timedelta(minutes=1))
    stay(world, 11, START + timedelta(seconds=7), END)
    stay(world, 12, START, START + timedelta(minutes=20))
    assert world.pass_time(DONE) == ["ended", "recorded"]
    assert lines(world) == {
        2: ("online", "full", 7200, "auto"),
        11: ("online", "full", 7193, "auto"),
        12: ("online", "part", 1200, "auto"),
        13: ("absent", "none", 0, "auto"),
    }
    conference = world.conference()
    assert (conference.outcome, conference.outcome_evidence) == ("held", "auto")
    (tally,) = world.rows(Tally)
    assert (tally.in_scope, tally.status, tally.v, tally.p, tally.online) == (True, "held", 2, 0, True)
    assert (tally.leader_id, tally.year, str(tally.local_date)) == (world.booked.id, 2026, "2026-12-01")
    assert [(d.counterpart_unit_id, d.online) for d in world.rows(TallyDistrict)] == [(11, True), (12, True)]
    assert {p.device for p in world.rows(Presence)} == {"endpoint:k2", "endpoint:k11", "endpoint:k12"}


def test_the_order_of_facts_does_not_matter(database: Database) -> None:
    """The summary of a destroyed room, a repeated leave and the join that came last."""
    world = World(database)
    world.pass_time(START)
    joined, left = START + timedelta(minutes=5), START + timedelta(minutes=100)
    data = {"connection": f"c11-{joined.isoformat()}", "device": "endpoint:k11", "name": "x"}
    summary = {"occupants": [{**data, "joined": joined.isoformat(), "left": left.isoformat()}]}
    world.tell("room.destroyed", left, "d", summary)
    world.seen("occupant.left", 11, joined, left)
    world.seen("occupant.joined", 11, joined)
    world.pass_time(DONE)
    assert lines(world)[11] == ("online", "full", 95 * 60, "auto")


def test_a_crashed_host_closes_at_the_census(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    world.seen("occupant.joined", 11, START)
    world.tell("room.gone", START + timedelta(minutes=40), "gone", {})
    world.pass_time(DONE)
    assert lines(world)[11] == ("online", "part", 2400, "auto")


def test_a_devices_own_reports_count(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    facts = [("joined", START, 1), ("left", START + timedelta(minutes=90), 2)]
    for kind, at, number in facts:
        row = {"key": f"ep:12:boot:{number}", "kind": f"endpoint.{kind}", "source": "endpoint:12", "endpoint_id": 12,
               "conference_id": world.booked.id, "at": at, "received": at, "data": {}}  # fmt: skip
        database.write_now(lambda db, row=row: db.execute(insert(Fact).values(**row)))
    world.pass_time(DONE)
    assert lines(world)[12] == ("online", "full", 5400, "auto")


def test_nobody_seen_proves_nothing(database: Database) -> None:
    world = World(database)
    world.pass_time(DONE)
    assert (world.conference().outcome, world.conference().outcome_evidence) == ("unknown", None)
    (tally,) = world.rows(Tally)
    assert (tally.in_scope, tally.status) == (True, "unconfirmed")


def test_in_person_waits_for_people(database: Database) -> None:
    world = World(database, form="in_person", in_person_reason="content")
    world.pass_time(DONE)
    assert lines(world) == {}, "a machine cannot see a hall"
    party = {d.unit_id: d.id for d in world.rows(Delegation)}
    came = {party[11]: Mark("in_person", 12), party[12]: Mark("in_person"), party[13]: Mark("absent")}
    confirm(world, Result("held", came))
    assert lines(world)[11] == ("in_person", "full", 7200, "confirmed")
    (tally,) = world.rows(Tally)
    assert (tally.status, tally.v, tally.p, tally.online, tally.evidence) == ("held", 0, 2, False, "confirmed")
    assert {d.unit_id: d.head_count for d in world.rows(Delegation)}[11] == 12


def test_a_correction_keeps_before_and_after(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    stay(world, 11, START, END)
    world.pass_time(DONE)
    party = {d.unit_id: d.id for d in world.rows(Delegation)}
    confirm(world, Result("held", {party[11]: Mark("online"), party[12]: Mark("in_person")}))
    assert lines(world)[11] == ("online", "full", 7200, "auto"), "the machine's evidence is the stronger one"
    confirm(world, Result("not_held", {party[12]: Mark("absent")}), DONE + timedelta(days=1))
    first, second = [c for c in world.rows(Change) if c.act == "result"]
    assert first.before == {"evidence": "auto", "unit:12": {"mode": "absent", "heads": None}}
    assert first.after == {"evidence": "confirmed", "unit:12": {"mode": "in_person", "heads": None}}
    assert (second.before["outcome"], second.after["outcome"]) == ("held", "not_held")
    assert world.rows(Tally)[0].status == "not_held"


def test_late_facts_do_not_touch_what_a_person_said(database: Database) -> None:
    world = World(database)
    world.pass_time(DONE)
    party = {d.unit_id: d.id for d in world.rows(Delegation)}
    confirm(world, Result("failed_online", {party[11]: Mark("in_person")}))
    late = DONE + timedelta(hours=1)
    for room in (11, 12):
        world.seen("occupant.left", room, START, END, now=late)
    world.pass_time(late + LATE_WAIT)
    assert lines(world)[11] == ("in_person", "full", 7200, "confirmed")
    assert lines(world)[12] == ("online", "full", 7200, "auto")
    assert world.conference().outcome == "failed_online"
    assert world.rows(Tally)[0].p == 1


def test_late_facts_make_an_unknown_one_held(database: Database) -> None:
    world = World(database)
    world.pass_time(DONE)
    version = world.conference().version
    late = DONE + timedelta(days=1)
    world.seen("occupant.left", 11, START, END, now=late)
    world.pass_time(late + LATE_WAIT)
    assert world.conference().outcome == "held"
    assert world.conference().version == version


@pytest.mark.parametrize(
    ("result", "field"),
    [
        (Result("unknown"), "outcome"),
        (Result("held", {999: Mark("online")}), "attendance.999"),
        (Result("held", {1: Mark("asleep")}), "attendance.1.mode"),
        (Result("held", {1: Mark("online", 9999)}), "attendance.1.head_count"),
        (Result("held", ran_from=END, ran_until=START), "ran_until"),
        (Result("held", ran_from=START - timedelta(days=2)), "ran_from"),
    ],
)
def test_what_cannot_be_confirmed(sqlite_url: str, result: Result, field: str) -> None:
    database = Database(sqlite_url)
    world = World(database)
    world.pass_time(DONE)
    with pytest.raises(Invalid) as refused:
        confirm(world, result)
    assert [e.field for e in refused.value.errors] == [field]
    database.close()


def test_only_the_present_version_of_what_is_over(database: Database) -> None:
    world = World(database)
    with pytest.raises(WrongMove):
        confirm(world, Result("held"))
    world.pass_time(DONE)
    with pytest.raises(Stale):
        confirm(world, Result("held"), version=1)


def test_one_alone_in_our_room_does_not_speak_against_another_tool(database: Database) -> None:
    world = World(database)
    world.pass_time(START)
    stay(world, 11, START, END)
    world.pass_time(DONE)
    assert not world.rows(Tally)[0].online
    others = [d.id for d in world.rows(Delegation)]
    confirm(world, Result("held", {delegation: Mark("online") for delegation in others}))
    assert world.rows(Tally)[0].online


def test_a_shorter_sitting_is_measured_by_its_real_length(database: Database) -> None:
    """Connected for 50 of 120 booked minutes, but the sitting lasted 60."""
    world = World(database)
    world.pass_time(START)
    stay(world, 2, START, START + timedelta(minutes=60))
    stay(world, 11, START, START + timedelta(minutes=50))
    world.pass_time(DONE)
    assert lines(world)[11][1] == "part"
    confirm(world, Result("held", ran_from=START, ran_until=START + timedelta(minutes=60)))
    world.seen("occupant.left", 13, START, START + timedelta(seconds=1), now=DONE)
    world.pass_time(DONE + LATE_WAIT)
    assert lines(world)[11] == ("online", "full", 3000, "auto")


def test_a_logged_meeting_is_counted_as_it_was_declared(database: Database) -> None:
    offices(database)
    start = NOW - timedelta(days=2)
    logged = Logged("Họp sơ kết", "midterm_review", 2, start, start + timedelta(hours=3), (11, 12), "content")
    made = database.write_now(log_in_person, logged, actor="account:1", now=NOW)
    step = database.write_now(advance, made.id, now=NOW, timing=TIMING)
    assert step is not None
    world = object.__new__(World)
    world.database, world.booked = database, made
    if step.to != "recorded":
        assert step.due is not None
        assert world.pass_time(step.due) == ["recorded"]
    (tally,) = world.rows(Tally)
    assert (tally.status, tally.p, tally.online, tally.in_scope) == ("held", 2, False, True)
    assert tally.evidence == "declared"


def test_several_sittings_are_one_line(database: Database) -> None:
    """A training of two mornings: the second is counted with the first."""
    world = World(database)
    day = timedelta(days=1)
    second = database.write_now(book, wish(starts=START + day, ends=END + day), actor="account:1", now=NOW, rules=RULES)
    first = world.booked
    database.write_now(lambda db: db.query(Conference).filter_by(id=second.id).update({"counted_with": first.id}))
    for booked, shift in itertools.zip_longest((first, second), (timedelta(), day)):
        world.booked = booked
        stay(world, 2, START + shift, END + shift)
        stay(world, 11, START + shift, END + shift)
    world.pass_time(DONE)
    assert [t.status for t in world.rows(Tally)] == ["unconfirmed"], "one sitting is still to come"
    world.pass_time(DONE + day)
    (tally,) = world.rows(Tally)
    assert (tally.leader_id, tally.status, tally.v, tally.online) == (first.id, "held", 2, True)
