"""The form of a closure: its fields as typed, and the closure they make.  (pure)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from confsvc.web.pages.choices import Places
from confsvc.web.pages.typed import Fields, list_field, parse_day, parse_time, text_field
from rooms.errors import FieldError
from scheduler.booking.place.closures import KINDS, ClosureWish
from scheduler.local_time import instant

TIMES = ("starts_date", "starts_time", "ends_date", "ends_time")
TEXTS = ("kind", "reason", *TIMES, "find")
FIELD_OF = {"starts": "starts_date", "ends": "ends_date", "rooms": "sites"}


@dataclass(frozen=True)
class Typed:
    """Texts by field, and what is to be closed: rooms by key, lines and hosts by id."""

    texts: Mapping[str, str]
    sites: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def moment(self, name: str) -> datetime | None:
        """UTC, when day and time of "starts" or "ends" can be read."""
        day, clock = parse_day(self.texts[f"{name}_date"]), parse_time(self.texts[f"{name}_time"])
        return instant(day, clock) if day and clock else None


def read_typed(fields: Fields) -> Typed:
    """The form as posted."""
    lists = (tuple(list_field(fields, name)) for name in ("sites", "lines", "hosts"))
    return Typed({name: text_field(fields, name) for name in TEXTS}, *lists)


def new_typed(query: Fields, today: date) -> Typed:
    """A fresh form for a working day; ``room``, ``day`` and ``find`` of the address fill it."""
    day = parse_day(text_field(query, "day")) or today
    texts = {"kind": KINDS[0], "reason": "", "find": text_field(query, "find"), "starts_time": "07:00"}
    texts |= {"ends_time": "17:00"} | dict.fromkeys(("starts_date", "ends_date"), f"{day:%d/%m/%Y}")
    return Typed(texts, tuple(list_field(query, "room")))


def unreadable(typed: Typed) -> list[FieldError]:
    """Days and times that are none."""
    errors = []
    for name in TIMES:
        day = name.endswith("_date")
        if (parse_day if day else parse_time)(typed.texts[name]) is None:
            errors.append(FieldError(name, "not_a_date" if day else "time_form"))
    return errors


def wish_of(typed: Typed, places: Places, starts: datetime, ends: datetime) -> ClosureWish:
    """The closure; unknown rooms, lines and hosts become ids that are none, for the domain to refuse."""
    rooms = places.room_by_key
    return ClosureWish(
        typed.texts["kind"], typed.texts["reason"], starts, ends,
        tuple(rooms[key].id if key in rooms else 0 for key in typed.sites), _ids(typed.lines), _ids(typed.hosts),
    )  # fmt: skip


def _ids(typed: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(int(one) if one.isascii() and one.isdecimal() and len(one) < 19 else 0 for one in typed)
