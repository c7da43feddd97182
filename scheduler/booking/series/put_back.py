"""Bringing back: what was cancelled takes place after all, a date that was left out is booked, a date is added.

The place is looked for anew: others may have it by now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.booking.approving.binding import bind, wait
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.approving.stored import booking_of, current, invited, party_of
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.clash_queries import add_known
from scheduler.booking.clashes import known_rows
from scheduler.booking.conference_rows import wish_columns
from scheduler.booking.letters import owe_edition
from scheduler.booking.place.expected_queries import expected_of
from scheduler.booking.place.holding import claims, survey
from scheduler.booking.place.lock_queries import take_locks
from scheduler.booking.place.reservations import lock_keys
from scheduler.booking.plan import plan
from scheduler.booking.series.book import BookedSeries
from scheduler.booking.series.cancel import locked_series
from scheduler.booking.series.dates import Judged, judge, lock_all, survey_all
from scheduler.booking.series.letters import rule_dates
from scheduler.booking.series.queries import delete_skip, find_series_by_id, set_columns_of, set_series
from scheduler.booking.series.rows import Kin, insert_all, new_members
from scheduler.booking.series.wish import Wished, wish_at
from scheduler.errors import WrongMove
from scheduler.models import Conference, Series

AWAY = ("cancelled", "postponed")


def put_back(
    db: Session, key: str, *, version: int, actor: str, now: datetime, rules: Rules, clash_confirmed: bool = False
) -> Booked:
    """A conference that was cancelled or postponed takes place as it was booked, if its place is still free; of a
    series as the date that it was. Everybody is invited again.

    Raises NotFound, Stale, WrongMove, Invalid (it is past), RoomTaken, NoCapacity.
    """
    conference = current(db, key, version)
    if conference.state not in AWAY:
        raise WrongMove(state=conference.state, to="planned")
    booking = replace(booking_of(db, conference), clash_confirmed=clash_confirmed)
    wanted = plan(db, booking, now=now, rules=rules, except_id=conference.id)
    take_locks(db, lock_keys(claims(wanted)))
    found = survey(db, wanted, rules, except_id=conference.id)
    found.refuse()
    add_known(db, known_rows(conference.id, wanted.clashes, actor=actor, now=now))
    _leave_ended_entry(db, conference)
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules)
    if needs := approval_needs(booking, rules):
        wait(db, conference, wanted, found.place, columns, needs, actor=actor, now=now, rules=rules)
    else:
        bind(db, conference, wanted, found.place, columns, act="put_back", actor=actor, now=now, rules=rules)
    poke(db, "outbox", *(f"room:{room_id}" for room_id in booking.room_ids))
    return Booked(conference.id, key, conference.version)


def _leave_ended_entry(db: Session, conference: Conference) -> None:
    """The shared entry knows nothing of this date any more when it was cancelled as a whole or ends before: then the
    date gets an entry of its own, and what the rule does not have any more is an extra date."""
    series = find_series_by_id(db, conference.series_id) if conference.series_id is not None else None
    if series is None or series.rule is None:
        return
    columns: dict[str, Any] = {}
    gone = conference.original_starts is not None and conference.original_starts not in rule_dates(series)
    if gone:
        columns |= {"original_starts": None, "altered": False}
    if conference.recurrence_id is not None and (gone or series.closed_at is not None):
        columns |= {"uid": None, "recurrence_id": None}
    if columns:
        set_columns_of(db, [conference.id], columns)
        db.refresh(conference)


def put_back_date(
    db: Session, key: str, original: datetime, *, version: int, actor: str, now: datetime, rules: Rules,
    starts: datetime | None = None, short_notice_reason: str | None = None, clash_confirmed: bool = False,
) -> BookedSeries:  # fmt: skip
    """Book a date of a series that was left out, at ``starts`` or where the rule puts it.

    Raises NotFound (no such date was left out), Stale, Invalid (also: no reason at short notice, a clash that nobody
    confirmed), RoomTaken, NoCapacity.
    """
    series, _ = locked_series(db, key, version)
    if not delete_skip(db, series.id, original):
        raise NotFound(kind="date", key=original.isoformat())
    booking = wish_at(series.wish, original, series.minutes)
    booking = replace(booking, short_notice_reason=short_notice_reason, clash_confirmed=clash_confirmed)
    if starts is not None:
        booking = replace(booking, starts=starts, ends=starts + (booking.ends - booking.starts))
    kin = Kin.of(series, related=series.uid)
    made = _add(db, Wished(original, booking, expected=expected_of(db, series)), kin, actor=actor, now=now, rules=rules)
    conference = db.get_one(Conference, made.id)
    if conference.recurrence_id is not None:
        people = invited(db, conference)
        owe_edition(db, conference, party_of(db, conference), "booked", people, now=now, expires=conference.ends)
    return _booked(db, series, made, "put_back", actor=actor, now=now)


def add_date(
    db: Session, key: str, booking: Booking, *, version: int, actor: str, now: datetime, rules: Rules
) -> BookedSeries:
    """Book one more date into a series, beside its rule or list, with an entry of its own; of what counts once it is
    one more session. ``series_wish.wish_at`` gives what the others are booked as.

    Raises NotFound, Stale, Invalid, RoomTaken, NoCapacity.
    """
    series, members = locked_series(db, key, version)
    listed = series.rule is None
    if listed and any(one.original_starts == booking.starts for one in members):
        raise Invalid([FieldError("starts", "duplicate")])
    if booking.host_unit_id != series.host_unit_id:
        raise Invalid([FieldError("host", "fixed")])
    leader = members[0].counted_with if series.counts == "once" else None
    kin = Kin.of(series, leader=leader, related=series.uid or members[0].uid)
    kin = replace(kin, uid=None, extra=not listed)
    wished = Wished(booking.starts, booking, expected=expected_of(db, series))
    made = _add(db, wished, kin, actor=actor, now=now, rules=rules)
    return _booked(db, series, made, "date_added", actor=actor, now=now)


def _booked(db: Session, series: Series, made: Booked, act: str, *, actor: str, now: datetime) -> BookedSeries:
    set_series(db, series.id, {})
    db.refresh(series)
    after = {"conference": made.key}
    add_change(db, "series", series.id, act, actor=actor, now=now, after=after)
    return BookedSeries(series.id, series.key, series.version, (made,))


def _add(
    db: Session, wished: Wished, kin: Kin, *, actor: str, now: datetime, rules: Rules
) -> Booked:  # fmt: skip
    judged = judge(db, [wished], now=now, rules=rules, held=True)
    (one,) = judged
    if one.errors:
        raise Invalid(one.errors)
    lock_all(db, judged)
    survey_all(db, judged, rules)
    if one.survey is not None:
        one.survey.refuse()
    bundles, booked = new_members(db, kin, judged, actor=actor, now=now, rules=rules)
    insert_all(db, bundles)
    poke(db, "outbox", *_rooms(one))
    return booked[0]


def _rooms(one: Judged) -> list[str]:
    return [f"room:{room.room_id}" for room in one.ready.party.rooms]
