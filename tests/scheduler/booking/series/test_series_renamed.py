"""A unit that is renamed or merged between the dates of a series: one letter says what it is called on which date."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from confsvc.database import Database
from confsvc.translate import EditionRow, invitations
from rooms.units import rename_unit, retire_unit
from scheduler.booking.refreeze import refreeze
from scheduler.booking.refreeze_queries import list_misnamed
from scheduler.local_time import local_day
from scheduler.models import Delegation, Edition, Effect
from tests.scheduler.booking.calendars import assert_agree
from tests.scheduler.booking.offices import NOW, START, offices
from tests.scheduler.booking.series.test_series import HOUR, WEEK, booked, members, weekly
from tests.scheduler.booking.series.test_series_edit import alone, changed

LATER = NOW + timedelta(hours=1)
BY: dict[str, Any] = {"actor": "account:9", "now": LATER}


def put_right(database: Database, now: datetime = LATER) -> int:
    found = database.read_now(list_misnamed, now=now)
    return sum(database.write_now(refreeze, conference_id, now=now) for conference_id in found)


def editions(database: Database) -> list[Edition]:
    return database.read_now(lambda db: list(db.scalars(select(Edition).order_by(Edition.id))))


def told(database: Database, edition: Edition) -> list[str]:
    """To whom letters of an edition are owed."""
    query = select(Effect).where(Effect.kind == "letter", Effect.state == "owed").order_by(Effect.id)
    rows = database.read_now(lambda db: list(db.scalars(query)))
    return sorted(row.payload["mail"] for row in rows if row.payload["edition"] == edition.id)


def units(content: dict[str, Any]) -> list[str]:
    return [site["unit"] for site in content["sites"]]


def entries(edition: Edition, mail: str) -> Any:
    """What one recipient's letter holds: the entry, and the dates of it that are otherwise."""
    row = EditionRow(edition.id, edition.uid, edition.method, edition.sequence, edition.dtstamp, edition.content)
    letter = {"mail": mail, "name": mail, "role": "contact", "language": "vi"}
    return invitations(row, letter, organizer_mail="hop@hop.example", public_url="https://hop.example")


def test_a_name_that_changes_for_all_dates_is_one_letter_about_the_whole_entry(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(rename_unit, "H0", "Thị xã 0", "TX 0", "", on=local_day(START), **BY)
    assert put_right(database) == 1 and put_right(database) == 0, "all dates in one act, and once"
    first, second = editions(database)
    assert (second.number, second.method, second.sequence) == (2, "REQUEST", first.sequence + 1)
    assert units(second.content)[1] == "TX 0" and second.content["overrides"] == []
    assert told(database, second) == sorted(f"u{n}@hop.example" for n in (2, 11, 12, 13)) and not told(database, first)
    dates = [one.id for one in members(database, made.key)]
    names = select(Delegation.unit_name).where(Delegation.conference_id.in_(dates), Delegation.unit_id == 11)
    assert database.read_now(lambda db: list(db.scalars(names))) == ["Thị xã 0"] * 4
    database.read_now(assert_agree, LATER)


def test_a_name_from_the_third_date_on_stands_at_these_dates_only(database: Database) -> None:
    offices(database)
    database.write_now(booked, weekly())
    database.write_now(rename_unit, "H0", "Thị xã 0", "TX 0", "", on=local_day(START + 2 * WEEK), **BY)
    assert put_right(database) == 1 and put_right(database) == 0
    _, second = editions(database)
    assert units(second.content)[1] == "Huyện 0"
    apart = {one["recurrence_id"]: units(one)[1] for one in second.content["overrides"]}
    assert apart == {(START + n * WEEK).isoformat(): "TX 0" for n in (2, 3)}
    entry, *dates = entries(second, "u12@hop.example")
    assert entry.rule and entry.recurrence_id is None
    assert [date.recurrence_id for date in dates] == [START + n * WEEK for n in (2, 3)]
    assert len({(date.sequence, date.dtstamp) for date in (entry, *dates)}) == 1, "one edition: no contradiction"
    database.read_now(assert_agree, LATER)


def test_a_later_letter_about_the_series_says_the_same_of_every_date(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly(6))
    database.write_now(alone, members(database, made.key)[1].key, HOUR)
    database.write_now(rename_unit, "H0", "Thị xã 0", "TX 0", "", on=local_day(START + 2 * WEEK), **BY)
    put_right(database)
    last = editions(database)[-1]
    apart = [(one["recurrence_id"], units(one)[1]) for one in last.content["overrides"]]
    assert units(last.content)[1] == "TX 0", "as on most dates to come"
    assert apart == [(START.isoformat(), "Huyện 0"), ((START + WEEK).isoformat(), "Huyện 0")]
    database.write_now(changed, made.key, title="Giao ban đầu tuần", now=LATER)
    last = editions(database)[-1]
    assert units(last.content)[1] == "TX 0" and last.content["title"] == "Giao ban đầu tuần"
    assert [(one["recurrence_id"], units(one)[1]) for one in last.content["overrides"]] == apart
    database.read_now(assert_agree, LATER)


def test_a_series_booked_over_a_day_on_which_a_name_changes_says_both_names_at_once(database: Database) -> None:
    offices(database)
    database.write_now(rename_unit, "H0", "Thị xã 0", "TX 0", "", on=local_day(START + 3 * WEEK), **BY)
    database.write_now(booked, weekly())
    (first,) = editions(database)
    assert units(first.content)[1] == "Huyện 0"
    assert [units(one)[1] for one in first.content["overrides"]] == ["TX 0"]
    assert put_right(database) == 0


def test_whoever_is_at_no_date_any_more_is_told_so_and_the_others_once(database: Database) -> None:
    offices(database)
    database.write_now(booked, weekly())
    database.write_now(retire_unit, "H0", last_day=local_day(START) - timedelta(days=1), successor="H1", **BY)
    assert put_right(database) == 1 and put_right(database) == 0
    _, removed, second = editions(database)
    assert (removed.method, removed.content["what"], told(database, removed)) == (
        "CANCEL", "removed", ["u11@hop.example"],
    )  # fmt: skip
    assert told(database, second) == sorted(f"u{n}@hop.example" for n in (2, 12, 13))
    assert removed.sequence < second.sequence
    assert units(second.content) == ["Sở TT&TT", "Huyện 1", "Huyện 1", "Huyện 2"]


def test_whoever_leaves_in_between_keeps_the_dates_before(database: Database) -> None:
    offices(database)
    database.write_now(booked, weekly())
    database.write_now(
        retire_unit, "H0", last_day=local_day(START + 2 * WEEK) - timedelta(days=1), successor="H1", **BY
    )  # fmt: skip
    assert put_right(database) == 1
    _, second = editions(database)
    assert "u11@hop.example" in told(database, second)
    (entry,) = entries(second, "u11@hop.example")
    assert entry.exdates == (START + 2 * WEEK, START + 3 * WEEK)


def test_dates_that_are_past_are_left_as_they_were(database: Database) -> None:
    offices(database)
    made = database.write_now(booked, weekly())
    database.write_now(rename_unit, "H0", "Thị xã 0", "TX 0", "", on=local_day(START), **BY)
    now = START + WEEK + HOUR
    assert put_right(database, now) == 1
    dates = [one.id for one in members(database, made.key)]
    names = (
        select(Delegation.unit_name)
        .where(Delegation.conference_id.in_(dates), Delegation.unit_id == 11)
        .order_by(Delegation.conference_id)
    )
    assert database.read_now(lambda db: list(db.scalars(names))) == ["Huyện 0"] * 2 + ["Thị xã 0"] * 2
    _, second = editions(database)
    assert units(second.content)[1] == "TX 0" and second.content["overrides"] == [], "what is past is not told again"
