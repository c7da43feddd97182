"""What a change or a cancellation of a series would come to, looked at before it is done: nothing is locked or written.

Each date is looked at beside what all others hold now; the change itself gives back what its dates hold first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.errors import NotFound
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.place.expected_queries import expected_of
from scheduler.booking.queries import list_guests, list_sites
from scheduler.booking.series.cancel import cut_of, place_of, to_come
from scheduler.booking.series.dates import judge, offer_times, survey_all
from scheduler.booking.series.match import Match, match
from scheduler.booking.series.queries import find_series, list_members, list_skips
from scheduler.booking.series.turn import Turn, turn_of
from scheduler.booking.series.wish import (
    Choices,
    DateFinding,
    Scope,
    SeriesFindings,
    Wished,
    merged,
    moved,
    wish_at,
)
from scheduler.models import Conference, Series


@dataclass(frozen=True)
class Outlook:
    """``changed``: conferences that become something else, ``cancelled``: that have no date any more, ``new``: dates
    that are booked besides."""

    findings: SeriesFindings
    changed: tuple[Conference, ...]
    cancelled: tuple[Conference, ...]
    new: int


def outlook(
    db: Session, key: str, booking: Booking, *, scope: Scope, since: str | None, rule: str | None,
    choices: Callable[[Iterable[datetime]], Choices], now: datetime, rules: Rules,
) -> Outlook:  # fmt: skip
    """As ``change_series`` would do it. ``choices``: what was chosen for given dates. Raises NotFound, TooLate,
    Invalid."""
    series, members = _series(db, key)
    turn = turn_of(series, members, booking, scope, since, rule, now)
    ahead = {one.id for one in to_come(members, now)}
    skips, ruled = set(list_skips(db, series.id)), series.rule is not None
    found = match(members, skips, turn.tail, turn.dates, changeable=ahead, split=turn.split, by_day=ruled)
    touched = [one for one, _ in found.live]
    return Outlook(_findings(db, turn, found, choices(turn.dates), now, rules), tuple(touched), tuple(found.cancelled),
                   len(found.new))  # fmt: skip


def _series(db: Session, key: str) -> tuple[Series, Sequence[Conference]]:
    series = find_series(db, key)
    if series is None:
        raise NotFound(kind="series", key=key)
    return series, list_members(db, series.id)


def _findings(
    db: Session, turn: Turn, found: Match, choices: Choices, now: datetime, rules: Rules
) -> SeriesFindings:  # fmt: skip
    dates = [(at, _becomes(db, turn, one, at), one.id) for one, at in found.live]
    dates += [(at, _at(turn, at), 0) for at in found.new]
    taken = [(at, booking, kept) for at, booking, kept in dates if choices.get(at, at) is not None]
    rate = expected_of(db, turn.series)
    wished = [Wished(at, moved(booking, choices.get(at)), kept, expected=rate) for at, booking, kept in taken]
    judged = judge(db, wished, now=now, rules=rules)
    survey_all(db, judged, rules)
    offer_times(db, judged, now=now, rules=rules)
    by_date = {one.wished.original: one.finding() for one in judged}
    return SeriesFindings(tuple(
        by_date.get(at) or DateFinding(at, booking.starts, booking.ends, left_out=True)
        for at, booking, _ in sorted(dates, key=lambda date: date[0])
    ))  # fmt: skip


def _at(turn: Turn, at: datetime) -> Booking:
    booking = turn.booking
    length = booking.ends - booking.starts if turn.series.rule is not None else timedelta(minutes=turn.series.minutes)
    return replace(booking, starts=at, ends=at + length)


def _becomes(db: Session, turn: Turn, one: Conference, at: datetime) -> Booking:
    """The new content with what this date has of its own."""
    series, new = turn.series, _at(turn, at)
    if not one.altered and series.rule is not None:
        return new
    return merged(wish_at(series.wish, one.original_starts or one.starts, series.minutes), booking_of(db, one), new)


def cancelled_by(db: Session, key: str, *, scope: Scope, since: str | None, now: datetime) -> list[Conference]:
    """The conferences that ``cancel_series`` would cancel. Raises NotFound, TooLate, Invalid."""
    _, members = _series(db, key)
    cut = cut_of(members, scope, since, now)
    return [one for one in to_come(members, now) if place_of(one) >= cut]


def concerned(db: Session, conferences: Sequence[Conference]) -> tuple[int, int]:
    """How many different rooms take part in them, and how many different addresses are invited."""
    rooms = {site.room_id for one in conferences for site in list_sites(db, one.id)}
    people = {guest.mail for one in conferences for guest in list_guests(db, one.id)}
    return len(rooms), len(people)
