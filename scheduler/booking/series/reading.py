"""A series as pages and programs show it: its dates in order, those that are off and left out among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.errors import NotFound
from scheduler.booking.place.expected import ShowRate, rate_of, show_rate
from scheduler.booking.place.expected_queries import list_shown
from scheduler.booking.series.letters import OFF, first_start
from scheduler.booking.series.queries import find_series, find_series_by_id, list_members, list_skips, list_split_off
from scheduler.booking.series.recurrence import Rule, parse_rule
from scheduler.models import Conference, Series


@dataclass(frozen=True)
class SeriesDate:
    """One date. ``original`` None: an extra one. ``conference`` None: it was left out. ``moved``: not where the rule
    puts it; ``altered``: changed by itself in some way."""

    original: datetime | None
    starts: datetime
    ends: datetime
    conference: Conference | None
    moved: bool = False
    altered: bool = False


@dataclass(frozen=True)
class SeriesView:
    """``rule``: its parts, for words (recurrence.Rule), None for a list. ``first``: the first date as the rule has it.
    ``split_from``, ``split_off``: the series it was, and those that were made of its later dates. ``rate``: how many
    came to its recorded dates, None while these are too few; ``accepted``: by which seats are reserved."""

    series: Series
    rule: Rule | None
    first: datetime
    dates: tuple[SeriesDate, ...]
    split_from: Series | None
    split_off: tuple[Series, ...]
    rate: ShowRate | None
    accepted: ShowRate | None

    @property
    def live(self) -> Sequence[SeriesDate]:
        """The dates that take place or did."""
        return [one for one in self.dates if one.conference is not None and one.conference.state not in OFF]


def read_series(db: Session, key: str) -> SeriesView:
    """Raises NotFound."""
    series = find_series(db, key)
    if series is None:
        raise NotFound(kind="series", key=key)
    length = timedelta(minutes=series.minutes)
    dates = [_date(one, length) for one in list_members(db, series.id)]
    dates += [SeriesDate(at, at, at + length, None) for at in list_skips(db, series.id)]
    before = find_series_by_id(db, series.split_from_id) if series.split_from_id is not None else None
    return SeriesView(
        series, parse_rule(series.rule) if series.rule else None, first_start(series),
        tuple(sorted(dates, key=lambda one: one.starts)), before, tuple(list_split_off(db, series.id)),
        show_rate(list_shown(db, series.id)), rate_of(series.expected),
    )  # fmt: skip


def _date(one: Conference, length: timedelta) -> SeriesDate:
    at = one.original_starts
    moved = at is not None and (one.starts != at or (one.recurrence_id is not None and one.booked_ends != at + length))
    return SeriesDate(at, one.starts, one.ends, one, moved, one.altered)


def find_series_of(db: Session, conference: Conference) -> Series | None:
    """The series that a conference is a date of."""
    return find_series_by_id(db, conference.series_id) if conference.series_id is not None else None


def next_of(db: Session, key: str, now: datetime) -> Conference | None:
    """Where a series' link leads: the date that is under way or next, else the last one; None without such a series."""
    series = find_series(db, key)
    if series is None:
        return None
    live = [one for one in list_members(db, series.id) if one.state not in OFF]
    return next((one for one in live if one.ends > now), live[-1] if live else None)
