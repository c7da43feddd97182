"""A fresh booking form: sensible defaults, so that little is left to type.  (pure)"""

from __future__ import annotations

from datetime import date, datetime, time

from confsvc.web.pages.choices import Places
from confsvc.web.pages.typed import Fields, parse_day, parse_time
from confsvc.web.pages.wish import LENGTH, MORNING, Typed, times_typed
from scheduler.local_time import instant, local_day
from scheduler.work_calendar import WorkCalendar


def first_day(now: datetime, notice: int, calendar: WorkCalendar) -> date:
    """The first working day that leaves ``notice`` working days between today and it."""
    day = calendar.next_working_day(local_day(now))
    for _ in range(notice):
        day = calendar.next_working_day(day)
    return day


def new_typed(
    query: Fields, places: Places, *, now: datetime, notice: int, contact: str, calendar: WorkCalendar
) -> Typed:
    """A fresh form: the own office's room, the first day with notice enough; ``room``, ``day`` and ``start`` from the
    timeline win."""
    day = parse_day(str(query.get("day", ""))) or first_day(now, notice, calendar)
    clock = parse_time(str(query.get("start", ""))) or MORNING
    host = places.default_host()
    own = places.room_of_unit(host.id) if host else None
    asked = places.room_by_key.get(str(query.get("room", "")))
    main = own or asked or next(iter(places.main_rooms()), None)
    starts = instant(day, clock)
    return Typed(
        host=host.code if host else "", main=main.key if main else "", contact_name=contact,
        sites=(asked.key,) if asked and asked is not main else (), title=str(query.get("title", ""))[:200],
        **times_typed(starts, min(starts + LENGTH, instant(day, time(23, 59)))),
    )  # fmt: skip
