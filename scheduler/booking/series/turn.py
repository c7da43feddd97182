"""What a change of a series comes to: from which date on, which dates before and after, and whether it splits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Booking
from scheduler.booking.series.cancel import cut_of, locked_series
from scheduler.booking.series.letters import OFF, rule_dates
from scheduler.booking.series.match import rest_of
from scheduler.booking.series.recurrence import expand, parse_rule
from scheduler.booking.series.wish import Scope, wish_at
from scheduler.errors import TooLate
from scheduler.models import Conference, Series


@dataclass(frozen=True)
class Turn:
    """One change as worked out: ``cut``: where it begins; ``tail``, ``dates``: original starts before and after;
    ``split``: it becomes a second series; ``patterned``: time or pattern change."""

    series: Series
    members: Sequence[Conference]
    booking: Booking
    cut: datetime
    kept: list[datetime]
    tail: list[datetime]
    rule: str | None
    dates: list[datetime]
    patterned: bool
    split: bool


def series_booking(
    db: Session, key: str, *, scope: Scope, since: str | None, version: int, now: datetime
) -> Booking:  # fmt: skip
    """What the dates that would be changed are booked as, with the times of the first of them: the start of a change.

    Raises NotFound, Stale, TooLate, Invalid.
    """
    series, members = locked_series(db, key, version)
    first = _first(series, members, cut_of(members, scope, since, now))
    return wish_at(series.wish, first, series.minutes)


def _first(series: Series, members: Sequence[Conference], cut: datetime) -> datetime:
    dates = rule_dates(series) or sorted(one.original_starts for one in members if one.original_starts is not None)
    first = next((at for at in dates if at >= cut), None)
    if first is None:
        raise TooLate()
    return first


def turn_of(
    series: Series, members: Sequence[Conference], booking: Booking, scope: Scope, since: str | None,
    rule: str | None, now: datetime,
) -> Turn:  # fmt: skip
    """Raises TooLate, NotFound, Invalid: a list keeps its times, the first changed date is still to come."""
    cut = cut_of(members, scope, since, now)
    first = _first(series, members, cut)
    old = wish_at(series.wish, first, series.minutes)
    timed = (booking.starts, booking.ends) != (old.starts, old.ends)
    if booking.host_unit_id != series.host_unit_id:
        raise Invalid([FieldError("host", "fixed")])
    if series.rule is None:
        originals = sorted(one.original_starts for one in members if one.original_starts is not None)
        tail = [at for at in originals if at >= cut]
        if timed or rule is not None:
            raise Invalid([FieldError("starts" if timed else "rule", "list_times")])
        return Turn(series, members, booking, cut, [], tail, None, tail, False, False)
    if booking.starts <= now or booking.ends <= booking.starts:
        late = booking.starts <= now
        raise Invalid([FieldError("starts", "in_the_past") if late else FieldError("ends", "before_start")])
    every = rule_dates(series)
    kept, tail = [at for at in every if at < cut], [at for at in every if at >= cut]
    left = rest_of(parse_rule(series.rule), len(kept), booking.starts, first)
    wanted = parse_rule(rule) if rule is not None else left
    patterned = timed or wanted != left
    if not any(one.original_starts in kept and one.state not in OFF for one in members):
        kept = []  # nothing of it takes place before: there is nothing to keep apart
    split = bool(kept) and (patterned or scope == "following")
    dates = expand(wanted, booking.starts)
    return Turn(series, members, booking, cut, kept, tail, wanted.text(), dates, patterned, split)
