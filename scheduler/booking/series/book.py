"""Series: many dates checked and booked together, each a conference of its own.

What pages and programs call, all of them units of work:

- ``check_series(db, wish, choices, now, rules)`` -> SeriesFindings, a finding a date
- ``book_series(db, wish, choices, actor, now, rules)`` -> BookedSeries; raises Invalid, SeriesBlocked, RoomTaken
- series_turn.py ``series_booking`` gives what would be changed, series_edit.py ``change_series`` changes this and the
  following dates, or all that are to come
- series_cancel.py ``cancel_series`` with the same scopes
- put_back.py ``put_back`` (a conference that was cancelled), ``put_back_date`` (left out), ``add_date`` (one more)
- series_reading.py ``read_series`` -> SeriesView, ``find_series_of`` a conference

One date alone is changed, moved and cancelled as any conference (edit.py). ``choices`` by original start: another one,
or None for a date that is left out; dates without a choice are booked as the rule or list says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import Bundle, next_ids
from rooms.changes import change_row
from rooms.errors import FieldError, Invalid
from rooms.models import Change
from rooms.once import poke
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.conference_rows import new_uid
from scheduler.booking.invitations import next_dtstamp
from scheduler.booking.series.dates import Judged, judge, lock_all, offer_times, refuse, survey_all
from scheduler.booking.series.letters import owe_series
from scheduler.booking.series.queries import find_series
from scheduler.booking.series.recurrence import parse_rule
from scheduler.booking.series.rows import Kin, insert_all, new_members, series_row, skip_rows
from scheduler.booking.series.wish import (
    Choices,
    DateFinding,
    SeriesFindings,
    SeriesWish,
    Wished,
    chosen,
    common,
    dates_of,
)
from scheduler.models import CalendarItem, Series, SeriesSkip


@dataclass(frozen=True)
class BookedSeries:
    """What was written: ``dates`` the conferences by time."""

    id: int
    key: str
    version: int
    dates: tuple[Booked, ...] = ()


def check_series(
    db: Session, wish: SeriesWish, choices: Choices | None = None, *, now: datetime, rules: Rules, ways: bool = True
) -> SeriesFindings:
    """What stands in the way of each date, and with ``ways`` other times of its day; nothing is written.

    Raises Invalid when there are no dates to look at: a rule that is not understood, choices of dates that are none.
    """
    dates = dates_of(wish)
    judged = judge(db, chosen(dates, choices or {}), now=now, rules=rules)
    survey_all(db, judged, rules)
    if ways:
        offer_times(db, judged, now=now, rules=rules)
    found = {one.wished.original: one.finding() for one in judged}
    findings = [
        found.get(at) or DateFinding(at, booking.starts, booking.ends, left_out=True) for at, booking in dates
    ]  # fmt: skip
    shared = common(findings)
    alike = {(error.field, error.code) for error in shared}
    return SeriesFindings(tuple(_without(finding, alike) for finding in findings), shared)


def _without(finding: DateFinding, alike: set[tuple[str, str]]) -> DateFinding:
    return replace(finding, errors=tuple(e for e in finding.errors if (e.field, e.code) not in alike))


def book_series(
    db: Session, wish: SeriesWish, choices: Choices | None = None, *, actor: str, now: datetime, rules: Rules,
    demo: bool = False,
) -> BookedSeries:  # fmt: skip
    """Book every date as chosen, or none: one transaction under one set of locks.

    Raises Invalid (rule, sessions, choices), SeriesBlocked with what stands in the way of each date, RoomTaken under a
    race that slips past the check.
    """
    dates = dates_of(wish)
    wanted = chosen(dates, choices or {})
    if not wanted:
        raise Invalid([FieldError("choices", "none_left")])
    judged = judge(db, wanted, now=now, rules=rules, held=True)
    refuse(judged)
    lock_all(db, judged)
    survey_all(db, judged, rules)
    refuse(judged)
    (series_id,) = next_ids(db, Series)
    row = _row(series_id, wish, dates[0][0], judged, actor=actor, now=now, rules=rules, demo=demo)
    leader, unlike = 0 if wish.counts == "once" else None, bool(wish.sittings)
    kin = Kin(series_id, row["wish"], row["minutes"], row["uid"], leader=leader, unlike=unlike)
    members, booked = new_members(db, kin, judged, actor=actor, now=now, rules=rules, demo=demo)
    taken = {one.wished.original for one in judged}
    skipped = [at for at, _ in dates if at not in taken] if wish.rule else []
    item = [{"uid": row["uid"], "last_dtstamp": next_dtstamp(None, now)}] if row["uid"] else []
    after = {"key": row["key"], "title": row["title"], "rule": row["rule"], "dates": len(booked)}
    head: Bundle = [
        (CalendarItem, item),
        (Series, [row]),
        (SeriesSkip, skip_rows(series_id, skipped, actor=actor, now=now)),
        (Change, [change_row("series", series_id, "booked", actor=actor, now=now, after=after)]),
    ]
    insert_all(db, [head, *members])
    series = find_series(db, row["key"])
    if series is not None:
        owe_series(db, series, "booked", now=now)
    poke(db, "outbox", *_rooms(judged))
    return BookedSeries(series_id, row["key"], 1, tuple(booked))


def _row(
    series_id: int, wish: SeriesWish, original: datetime, judged: Sequence[Judged], *, actor: str, now: datetime,
    rules: Rules, demo: bool,
) -> dict[str, Any]:  # fmt: skip
    """The row of a new series. Its entry is made at once when some date needs no approval."""
    template = wish.sittings.get(original, wish.booking)  # what a date is that is added later
    first = Judged(Wished(original, replace(template, starts=original, ends=original + _length(wish))), [])
    shared = wish.rule is not None and (demo or any(not approval_needs(one.wished.booking, rules) for one in judged))
    rule = parse_rule(wish.rule).text() if wish.rule else None
    uid = new_uid(rules) if shared else None
    return series_row(series_id, first, counts=wish.counts, rule=rule, uid=uid, actor=actor, now=now)


def _length(wish: SeriesWish) -> timedelta:
    starts, ends = (wish.booking.starts, wish.booking.ends) if wish.rule else min(wish.sessions)
    return ends - starts


def _rooms(judged: Sequence[Judged]) -> set[str]:
    return {f"room:{room.room_id}" for one in judged for room in one.ready.party.rooms}
