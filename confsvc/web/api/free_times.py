"""When rooms and people are free together, for programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.api.fields import Day, Model, RoomKey, Shown
from confsvc.web.api.layer import operation
from confsvc.web.pages.typed import parse_time
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import MOST_ROOMS, Rules
from scheduler.booking.ways.find_time import LONGEST_MINUTES, MOST_DAYS, SHORTEST_MINUTES, Wanted, find_times
from scheduler.booking.ways.suggest import STEP
from scheduler.local_time import local_day
from scheduler.name_queries import list_room_ids

MOST_NAMED, MOST_OPTIONAL, MOST_NAMED_PEOPLE = 40, 20, 5
"""In an address, whose line has 8 KiB."""
MOST_PEOPLE = 50
MOST_TIMES = 50
WORKING_DAYS = 5
Minutes = Annotated[int, Field(ge=SHORTEST_MINUTES, le=LONGEST_MINUTES)]
Mail = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,120}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class FreeTimesIn(Model):
    """``sites`` must all be free, ``optional`` ones should; ``people``: mail addresses that must be free as well.

    ``from``, ``to``: first and last day, by default the next five working days. ``at``: the best time of day.
    ``any_hour``: also outside office hours and on days off. ``most``: how many times.
    """

    sites: list[RoomKey] = Field(min_length=1, max_length=MOST_ROOMS)
    optional: list[RoomKey] = Field(default=[], max_length=MOST_ROOMS)
    people: list[Mail] = Field(default=[], max_length=MOST_PEOPLE)
    minutes: Minutes = 60
    since: Day | None = Field(default=None, alias="from")
    until: Day | None = Field(default=None, alias="to")
    at: Clock = "08:00"
    any_hour: bool = Field(default=False, strict=True)
    most: int = Field(default=5, ge=1, le=MOST_TIMES)


class FreeTimesQuery(FreeTimesIn):
    sites: list[RoomKey] = Field(min_length=1, max_length=MOST_NAMED)
    optional: list[RoomKey] = Field(default=[], max_length=MOST_OPTIONAL)
    people: list[Mail] = Field(default=[], max_length=MOST_NAMED_PEOPLE)
    any_hour: bool = False


class FreeTimeOut(Shown):
    """``misses``: optional rooms that are held then."""

    starts: datetime
    ends: datetime
    misses: list[str]


class FreeTimesOut(Shown):
    """By day; on a day those that fewest optional rooms miss, then the closest to the wanted time of day."""

    items: list[FreeTimeOut]


@operation("When rooms and people are free together", answer=FreeTimesOut)
async def free_times(request: web.Request, *, query: FreeTimesQuery) -> FreeTimesOut:
    return await _answer(request, query)


@operation("When rooms and people are free together, for many rooms", answer=FreeTimesOut)
async def free_times_of_many(request: web.Request, *, body: FreeTimesIn) -> FreeTimesOut:
    return await _answer(request, body)


async def _answer(request: web.Request, wanted: FreeTimesIn) -> FreeTimesOut:
    return await request.app[keys.DATABASE].read(_find, wanted, now=keys.now(request), rules=keys.rules(request))


def _find(db: Session, wanted: FreeTimesIn, *, now: datetime, rules: Rules) -> FreeTimesOut:
    known = list_room_ids(db, [*wanted.sites, *wanted.optional])
    errors = [
        FieldError(f"{field}.{number}", "no_such_room")
        for field in ("sites", "optional")
        for number, key in enumerate(getattr(wanted, field))
        if key not in known
    ]
    search = _wanted(wanted, known, now=now, rules=rules, errors=errors)
    if errors:
        raise Invalid(errors)
    key_of = {room_id: key for key, room_id in known.items()}
    found = find_times(db, search, now=now, rules=rules, most=wanted.most, apart=STEP)
    return FreeTimesOut(
        items=[
            FreeTimeOut(starts=free.starts, ends=free.ends, misses=[key_of[int(str(key))] for key in free.misses])
            for free in found
        ]
    )


def _wanted(
    wanted: FreeTimesIn, known: dict[str, int], *, now: datetime, rules: Rules, errors: list[FieldError]
) -> Wanted:
    first = wanted.since or rules.calendar.next_working_day(local_day(now))
    last = wanted.until or first
    if wanted.until is None:
        for _ in range(WORKING_DAYS - 1):
            last = rules.calendar.next_working_day(last)
    if last < first:
        errors.append(FieldError("to", "before_start"))
    elif last - first > timedelta(days=MOST_DAYS):
        errors.append(FieldError("to", "span_too_long", {"days": MOST_DAYS}))
    required = tuple(dict.fromkeys(known[key] for key in wanted.sites if key in known))
    optional = dict.fromkeys(known[key] for key in wanted.optional if key in known)
    clock = parse_time(wanted.at)
    if clock is None:
        raise RuntimeError(f"{wanted.at!r} passed the pattern of a time")
    return Wanted(
        required, first, last, timedelta(minutes=wanted.minutes),
        optional=tuple(room_id for room_id in optional if room_id not in required),
        people=tuple(dict.fromkeys(mail.strip().lower() for mail in wanted.people if mail.strip())),
        clock=clock, any_hour=wanted.any_hour,
    )  # fmt: skip
