"""Changing a series: this date and the following, or all that are to come. What is past is never touched.

A new time or pattern after the first date has passed, and every change of "this and the following", makes a second
series: the first one gets an end (RFC 5546 knows no other way that calendars understand). What a date had of its own,
another hour, another hall, stays with its day; where the day is gone it becomes a conference on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import Bundle, next_ids
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid
from rooms.once import poke
from scheduler.booking.approving.stored import booking_of, invited, party_of
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.conference_rows import new_uid
from scheduler.booking.invitations import gathered, next_dtstamp
from scheduler.booking.letters import owe_edition
from scheduler.booking.place.expected_queries import expected_of
from scheduler.booking.series.book import BookedSeries
from scheduler.booking.series.cancel import call_off, let_go, locked_series, people_of, to_come
from scheduler.booking.series.dates import Judged, judge, lock_all, refuse, survey_all
from scheduler.booking.series.letters import first_start, owe_series, sharing
from scheduler.booking.series.match import Match, match
from scheduler.booking.series.queries import (
    add_skips,
    delete_reservations_of,
    delete_skips,
    find_series_by_id,
    list_bridges_of,
    list_holds_of,
    list_members,
    list_skips,
    set_columns_of,
    set_series,
)
from scheduler.booking.series.recurrence import parse_rule, wall
from scheduler.booking.series.rows import Kin, insert_all, new_members, series_row
from scheduler.booking.series.turn import Turn, turn_of
from scheduler.booking.series.wish import Choices, Scope, Wished, differs, merged, minutes_of, moved, wish_at, wish_data
from scheduler.booking.series.write import write_date
from scheduler.models import CalendarItem, Conference, Series


def change_series(
    db: Session, key: str, booking: Booking, *, scope: Scope, since: str | None, rule: str | None = None,
    choices: Choices | None = None, version: int, actor: str, now: datetime, rules: Rules,
) -> BookedSeries:  # fmt: skip
    """Change the date ``since`` (a conference's key) and all after it, or all that are to come, in one transaction.

    ``booking``: what each becomes; its times are those of the first date changed (``series_booking`` gives them as they
    are). ``rule``: another pattern from there on; without one the rest of the old. ``choices`` by new original start.
    Answers with the series that holds the changed dates. Raises NotFound, Stale, TooLate, Invalid, SeriesBlocked,
    RoomTaken; nothing is written then. Dates of a list keep their times: each is moved by itself.
    """
    series, members = locked_series(db, key, version)
    turn = turn_of(series, members, booking, scope, since, rule, now)
    ahead = {one.id for one in to_come(members, now)}
    skips = set(list_skips(db, series.id))
    ruled = series.rule is not None
    found = match(members, skips, turn.tail, turn.dates, changeable=ahead, split=turn.split, by_day=ruled)
    return _Change(db, turn, found, choices or {}, actor, now, rules).run()


class _Change:
    """The writing of one change."""

    def __init__(
        self, db: Session, turn: Turn, found: Match, choices: Choices, actor: str, now: datetime, rules: Rules
    ) -> None:
        self.db, self.turn, self.found, self.choices = db, turn, found, choices
        self.actor, self.now, self.rules = actor, now, rules
        self.told = people_of(db, [one for one, _ in found.live if one.recurrence_id] + found.cancelled + found.single)
        self.due = gathered(now, rules.timing.gather, [one.starts for one in turn.members])
        self.last = max((one.ends for one in turn.members), default=now)
        self.oldest = first_start(turn.series)

    def run(self) -> BookedSeries:
        db, found = self.db, self.found
        left_out = [(one, at) for one, at in found.live if self.choices.get(at, at) is None]
        found.live = [(one, at) for one, at in found.live if self.choices.get(at, at) is not None]
        found.skips += [at for at in found.new if self.choices.get(at, at) is None]
        found.new = [at for at in found.new if self.choices.get(at, at) is not None]
        if unknown := set(self.choices) - set(self.turn.dates):
            raise Invalid([FieldError("choices", "no_such_date", {"date": min(unknown).isoformat()})])
        touched = [one.id for one, _ in (*found.live, *left_out)] + [one.id for one in found.cancelled]
        judged = self._judged(touched)
        gone = [*found.cancelled, *(one for one, _ in left_out)]
        call_off(db, gone, reason="", actor=self.actor, now=self.now)
        series = self._series()
        booked = self._write(series, judged, left_out)
        if series.uid is not None:
            self._letters(series)
        db.refresh(series)
        after = {"since": self.turn.cut.isoformat(), "rule": self.turn.rule, "dates": len(booked.dates)}
        add_change(db, "series", series.id, "changed", actor=self.actor, now=self.now, after=after)
        return replace(booked, version=series.version)

    def _judged(self, touched: Sequence[int]) -> list[Judged]:
        """All locks, then everything that was held is given back, then the place of each date."""
        db = self.db
        bridges = list_bridges_of(db, touched)
        wished = [self._wished(one, at, bridges.get(one.id)) for one, at in self.found.live]
        rate = expected_of(db, self.turn.series)
        wished += [Wished(at, moved(self._at(at), self.choices.get(at)), expected=rate) for at in self.found.new]
        judged = judge(db, wished, now=self.now, rules=self.rules, held=True)
        refuse(judged)
        lock_all(db, judged, list_holds_of(db, touched))
        delete_reservations_of(db, touched)
        survey_all(db, judged, self.rules)
        refuse(judged)
        if not judged:
            raise Invalid([FieldError("choices", "none_left")])
        return judged

    def _at(self, at: datetime) -> Booking:
        """The new content on one date."""
        booking, turn = self.turn.booking, self.turn
        if turn.series.rule is not None:
            return replace(booking, starts=at, ends=at + (booking.ends - booking.starts))
        return replace(booking, starts=at, ends=at + timedelta(minutes=turn.series.minutes))

    def _wished(self, one: Conference, at: datetime, bridge_id: int | None) -> Wished:
        series, new = self.turn.series, self._at(at)
        if one.altered or series.rule is None:
            own = booking_of(self.db, one)
            new = merged(wish_at(series.wish, one.original_starts or one.starts, series.minutes), own, new)
        return Wished(at, moved(new, self.choices.get(at)), one.id, bridge_id)

    def _series(self) -> Series:
        """The series of the changed dates: a second one, or the same with its new content."""
        db, turn, old = self.db, self.turn, self.turn.series
        wish = wish_data(turn.booking)
        if not turn.split:
            values = {"wish": wish, "title": wish["title"]}
            if turn.series.rule is not None and not turn.kept:
                start = {"local_start": wall(turn.dates[0]).isoformat(), "minutes": minutes_of(turn.booking)}
                values |= {"rule": turn.rule, **start}
            set_series(db, old.id, values)
            db.refresh(old)
            return old
        (series_id,) = next_ids(db, Series)
        uid = new_uid(self.rules)
        first = Judged(Wished(turn.dates[0], turn.booking), [])
        row = series_row(
            series_id, first, counts="each", rule=turn.rule, uid=uid, actor=self.actor, now=self.now,
            split_from=old.id, expected=old.expected,
        )  # fmt: skip
        stamp = next_dtstamp(None, self.now)
        insert_all(db, [[(CalendarItem, [{"uid": uid, "last_dtstamp": stamp}]), (Series, [row])]])
        set_series(db, old.id, {"rule": parse_rule(old.rule or "").ending(turn.kept[-1]).text()})
        delete_skips(db, old.id, since=turn.cut)
        db.refresh(old)
        made = find_series_by_id(db, series_id)
        if made is None:
            raise LookupError("the series that was just written")
        return made

    def _write(
        self, series: Series, judged: Sequence[Judged], left_out: Sequence[tuple[Conference, datetime]]
    ) -> BookedSeries:  # fmt: skip
        db, found, now = self.db, self.found, self.now
        by_id = {one.id: one for one, _ in found.live}
        for one, at in (*found.off, *left_out):  # put back, they take place as they were booked
            where = _stands(series, one, at) | {"altered": _apart(series, at, booking_of(db, one))}
            set_columns_of(db, [one.id], where)
        let_go(db, series)
        let_go(db, self.turn.series)
        kept = [date for date in judged if date.wished.kept]
        fresh = [date for date in judged if not date.wished.kept]
        bundles: list[Bundle] = []
        for date in kept:
            one = by_id[date.wished.kept]
            at = date.wished.original
            where = _stands(series, one, at) | {"altered": _apart(series, at, date.wished.booking)}
            bundles.append(write_date(db, one, date, where, actor=self.actor, now=now, rules=self.rules))
        if series.rule is not None:
            if not self.turn.split:
                delete_skips(db, series.id, since=self.turn.cut if self.turn.kept else self.oldest)
            add_skips(db, series.id, found.skips, by=self.actor, at=now)
        members, made = new_members(db, Kin.of(series), fresh, actor=self.actor, now=now, rules=self.rules)
        insert_all(db, [*bundles, *members])
        self._set_apart()
        poke(db, "outbox", *(f"room:{room.room_id}" for date in judged for room in date.ready.party.rooms))
        booked = [*(Booked(one.id, one.key, one.version) for one in by_id.values()), *made]
        return BookedSeries(series.id, series.key, series.version, tuple(booked))

    def _set_apart(self) -> None:
        """Dates that had been changed by themselves and have no day any more stand on their own."""
        for one in self.found.single:
            columns: dict[str, Any] = {"series_id": None, "original_starts": None, "altered": False}
            shared = one.recurrence_id is not None
            if shared:
                columns |= {"recurrence_id": None, "uid": new_uid(self.rules)}
                item = {"uid": columns["uid"], "last_dtstamp": next_dtstamp(None, self.now)}
                insert_all(self.db, [[(CalendarItem, [item])]])
            set_columns_of(self.db, [one.id], columns)
            self.db.refresh(one)
            if shared:
                people = invited(self.db, one)
                owe_edition(
                    self.db, one, party_of(self.db, one), "booked", people, now=self.now, expires=one.ends, bump=False
                )

    def _letters(self, series: Series) -> None:
        db, turn, old = self.db, self.turn, self.turn.series
        if turn.split:
            if old.closed_at is None:
                owe_series(db, old, "changed", now=self.now, major=True, expires=self.last, also=self.told)
            owe_series(db, series, "booked", now=self.now, related=old.uid)
        elif old.closed_at is None and not sharing(list_members(db, old.id)):
            owe_series(db, old, "cancelled", now=self.now, major=True, expires=self.last, also=self.told)
            set_series(db, old.id, {"closed_at": self.now})
        elif old.closed_at is None:
            there = {invitee.mail for invitee in people_of(db, sharing(list_members(db, old.id)))}
            gone = [invitee for invitee in self.told if invitee.mail not in there]
            if gone:
                owe_series(db, old, "removed", now=self.now, only=gone)
            owe_series(db, old, "changed", now=self.now, major=turn.patterned, due=self.due)


def _stands(series: Series, one: Conference, at: datetime) -> dict[str, Any]:
    """Which date of which series a conference is."""
    shared = {"uid": series.uid, "recurrence_id": at} if one.recurrence_id is not None else {}
    return {"series_id": series.id, "original_starts": at, **shared}


def _apart(series: Series, at: datetime, booking: Booking) -> bool:
    """Whether a date is other than its series says."""
    return series.rule is not None and differs(wish_at(series.wish, at, series.minutes), booking)
