"""Reminders, on both databases: once a sitting and start, by the rules, to contacts and the chair, never too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from confsvc.database import Database
from rooms.models import Person
from scheduler.booking.booking import GuestWish
from scheduler.booking.edit import cancel, change
from scheduler.conduct.advance import advance
from scheduler.conduct.reminders import reminder_words
from scheduler.models import Done, Effect
from scheduler.rule_queries import add_rule
from tests.scheduler.booking.offices import NOW, RULES, START, wish
from tests.scheduler.conduct.world import TIMING, World

DAY, HOUR, QUARTER = timedelta(days=1), timedelta(minutes=60), timedelta(minutes=15)
CHAIR = {"chair_name": "Trần Thị B", "chair_title": "Giám đốc", "chair_mail": "b@hop.example"}
GUEST = (GuestWish("Nguyễn Văn A", "a@khach.example"),)


def mails(world: World, act: str | None = None) -> list[str]:
    rows = world.rows(Effect, kind="reminder")
    return [row.payload["mail"] for row in rows if act in (None, row.payload["what"])]


def rule(world: World, what: str, value: str, kind: str | None = None, unit_id: int | None = None) -> None:
    row: dict[str, Any] = {"what": what, "kind": kind, "unit_id": unit_id, "value": value, "reason": "thử"}
    row |= {"valid_from": date(2026, 1, 1), "valid_to": None}
    world.database.write_now(add_rule, row)


def test_contacts_and_the_chair_are_reminded_three_times_and_guests_never(database: Database) -> None:
    world = World(database, guests=GUEST, **CHAIR)
    for before, act in ((DAY, "remind_day"), (HOUR, "remind_60"), (QUARTER, "remind_15")):
        world.pass_time(START - before - timedelta(seconds=1))
        assert mails(world, act) == []
        world.pass_time(START - before)
        world.pass_time(START - before)  # a doubled tick
        assert sorted(mails(world, act)) == ["b@hop.example", *(f"u{n}@hop.example" for n in (11, 12, 13, 2))]
    world.pass_time(START + HOUR)
    assert len(mails(world)) == 15


def test_the_next_reminder_takes_the_place_of_one_that_has_not_left(database: Database) -> None:
    world = World(database)
    world.pass_time(START - DAY)
    world.pass_time(START - HOUR)
    world.pass_time(START - QUARTER)
    ends = {row.payload["what"]: row.expires for row in world.rows(Effect, kind="reminder")}
    assert ends == {"remind_day": START - HOUR, "remind_60": START - QUARTER, "remind_15": START}


@pytest.mark.parametrize("off", ["remind_day", "remind_60", "remind_15"])
def test_each_may_be_switched_off_for_a_kind_or_an_office(database: Database, off: str) -> None:
    world = World(database)
    rule(world, off, "no", kind="training")
    rule(world, "remind_60" if off != "remind_60" else "remind_15", "no", unit_id=2)
    for before in (DAY, HOUR, QUARTER):
        world.pass_time(START - before)
    gone = {off, "remind_60" if off != "remind_60" else "remind_15"}
    assert {row.payload["what"] for row in world.rows(Effect, kind="reminder")}.isdisjoint(gone)
    assert len(mails(world)) == 4


def test_of_several_missed_ones_only_the_last_is_sent(database: Database) -> None:
    world = World(database)
    world.pass_time(START - timedelta(minutes=40))
    assert {row.payload["what"] for row in world.rows(Effect, kind="reminder")} == {"remind_60"}
    assert {row.step for row in world.database.read_now(_done)} == {"remind_day", "remind_60"}


def _done(db: Any) -> list[Done]:
    return list(db.query(Done).all())


@pytest.mark.parametrize("late", [timedelta(minutes=-4), timedelta(0), timedelta(minutes=30), timedelta(hours=5)])
def test_what_comes_too_late_to_be_of_use_is_not_sent(database: Database, late: timedelta) -> None:
    world = World(database)
    world.pass_time(START + late)
    assert mails(world) == []


def test_at_a_late_booking_what_has_passed_is_left_out(database: Database) -> None:
    starts = NOW + timedelta(minutes=50)
    world = World(database, starts=starts, ends=starts + HOUR, short_notice_reason="gấp")
    world.pass_time(NOW + timedelta(minutes=1))
    assert mails(world) == []
    world.pass_time(starts - QUARTER)
    assert {row.payload["what"] for row in world.rows(Effect, kind="reminder")} == {"remind_15"}


def moved(world: World, starts: datetime, now: datetime) -> None:
    there = world.conference()
    booking = replace(wish(), starts=starts, ends=starts + timedelta(hours=2), short_notice_reason="gấp")
    world.database.write_now(
        change, there.key, booking, version=there.version, actor="account:1", now=now, rules=RULES
    )  # fmt: skip


def test_a_move_arms_them_again_and_what_was_owed_for_the_old_time_is_needless(database: Database) -> None:
    world = World(database)
    world.pass_time(START - DAY)
    first = world.rows(Effect, kind="reminder")[0]
    assert _words(world, first) is not None
    moved(world, START + timedelta(days=2), START - DAY)
    assert _words(world, first) is None
    world.pass_time(START + timedelta(days=1))
    again = [row for row in world.rows(Effect, kind="reminder") if row.payload["starts"] != first.payload["starts"]]
    assert len(again) == 4 and all(_words(world, row) for row in again)


def test_a_move_to_soon_leaves_out_what_has_passed_by_then(database: Database) -> None:
    world = World(database)
    now = START - timedelta(days=2)
    moved(world, now + timedelta(hours=6), now)
    world.pass_time(now + timedelta(minutes=1))
    assert mails(world) == []
    world.pass_time(now + timedelta(hours=5))
    assert {row.payload["what"] for row in world.rows(Effect, kind="reminder")} == {"remind_60"}


def _words(world: World, row: Effect) -> dict[str, Any] | None:
    return world.database.read_now(reminder_words, world.booked.id, row.payload)


def test_a_cancelled_one_reminds_nobody(database: Database) -> None:
    world = World(database)
    world.pass_time(START - DAY)
    there, row = world.conference(), world.rows(Effect, kind="reminder")[0]
    world.database.write_now(
        cancel, there.key, version=there.version, reason="hoãn", actor="account:1", now=START - DAY
    )  # fmt: skip
    assert _words(world, row) is None
    world.pass_time(START)
    assert len(mails(world)) == 4


def test_what_it_says_names_the_room_of_the_persons_office(database: Database) -> None:
    world = World(database, **CHAIR)
    world.pass_time(START - DAY)
    said = {row.payload["mail"]: _words(world, row) or {} for row in world.rows(Effect, kind="reminder")}
    assert (said["u12@hop.example"]["place"], said["u12@hop.example"]["device"]) == ("Phòng 12", True)
    assert (said["b@hop.example"]["place"], said["b@hop.example"]["role"]) == ("Phòng 2", "chair")


def test_a_short_message_is_owed_only_where_a_rule_says_so(database: Database) -> None:
    world = World(database)
    world.pass_time(START - QUARTER)
    assert world.rows(Effect, kind="urgent") == []


def test_a_short_message_comes_with_the_last_reminder(database: Database) -> None:
    world = World(database)
    rule(world, "remind_15_phone", "yes", kind="training")
    world.pass_time(START - QUARTER)
    (owed,) = world.rows(Effect, kind="urgent")
    assert owed.payload["what"] == "soon" and owed.expires == START


def test_nobody_is_reminded_of_a_demonstration(database: Database) -> None:
    world = World(database)
    world.set(demo=True)
    world.pass_time(START - DAY)
    assert mails(world) == []


def test_several_processes_take_a_reminder_once(database: Database) -> None:
    world = World(database)
    for _ in range(3):
        world.set(due=START - DAY)
        database.write_now(advance, world.booked.id, now=START - DAY, timing=TIMING)
    assert len(mails(world)) == 4
    assert database.read_now(lambda db: db.query(Person).count()) == 11
