"""What a change was about, by name, with the page where it is seen today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from confsvc.queries import list_account_names
from rooms.fleet_queries import list_places
from rooms.place_queries import find_person
from rooms.queries import list_names
from scheduler.record.figure_queries import list_meetings, list_ranks

Key = tuple[str, int]


@dataclass(frozen=True)
class About:
    """A name and an address, each "" when there is none."""

    name: str
    href: str


def list_subjects(db: Session, keys: Collection[Key]) -> dict[Key, About]:
    """By kind and id; what is gone is left out."""
    found: dict[Key, About] = {}
    units = _ids(keys, "unit")
    ranks = list_ranks(db, units)
    for unit_id, name in list_names(db, units, date.max).items():
        found["unit", unit_id] = About(name.name, f"/directory/units/{ranks[unit_id][1]}")
    for account_id, name_of in list_account_names(db, _ids(keys, "account")).items():
        found["account", account_id] = About(name_of, f"/users/{account_id}")
    for meeting_id, meeting in list_meetings(db, _ids(keys, "conference")).items():
        found["conference", meeting_id] = About(meeting.title, f"/conferences/{meeting.key}")
    for person_id in _ids(keys, "person"):
        if (person := find_person(db, person_id)) is not None:
            found["person", person_id] = About(person.name, "")
    for kind in ("room", "endpoint"):
        for number, place in list_places(db, kind, _ids(keys, kind)).items():
            found[kind, number] = About(place.room, f"/endpoints/{place.room_key}")
    found |= {(kind, number): About(str(number), "/figures/goals") for kind, number in keys if kind == "goal"}
    found |= {(kind, number): About(str(number), "/rules") for kind, number in keys if kind == "rule"}
    found |= {key: _calendar(*key) for key in keys if key[0] in ("calendar_day", "office_hours", "calendar")}
    found |= {(kind, number): About(str(number), f"/outbox/{number}") for kind, number in keys if kind == "effect"}
    return found


def _calendar(kind: str, number: int) -> About:
    """The number of a day of the calendar counts from the year 1."""
    if kind != "calendar_day":
        return About(str(number) if number else "calendar-vn.csv", "/rules/calendar")
    day = date.fromordinal(number)
    return About(f"{day:%d/%m/%Y}", f"/rules/calendar?year={day.year}#d-{day}")


def _ids(keys: Collection[Key], kind: str) -> set[int]:
    return {number for name, number in keys if name == kind}
