"""Playing the year into a database: bookings, facts and moves at their own times, in small units of work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.demonstration import queries
from confsvc.demonstration.plan import Meeting, Offices, Visit, meetings
from rooms.errors import Problem
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.edit import cancel
from scheduler.booking.log import Logged, log_in_person
from scheduler.conduct.advance import advance
from scheduler.conduct.facts import NewFact, add_fact
from scheduler.errors import NoPlace
from scheduler.local_time import LOCAL, local_day
from scheduler.record.close_out import Mark, Result, confirm_result

ACTOR = "demo"
AHEAD = timedelta(days=14)
UNCONFIRMED = timedelta(days=12)  # hosts have not said yet what came of the last ones


class NotEmpty(Problem):
    """The demonstration fills only a database without conferences."""

    code = "not_empty"


@dataclass
class Played:
    """What came of it."""

    booked: int = 0
    logged: int = 0
    refused: int = 0
    moved: int = 0
    cancelled: int = 0
    hosts: set[str] = field(default_factory=set)


def play(
    database: Database, rules: Rules, *, now: datetime, year: int | None = None, seed: int = 2668,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Played:  # fmt: skip
    """Fill an empty database with a year: ``year``, or the running one up to two weeks ahead of ``now``.

    Nothing is mailed: letters of demonstration conferences are not owed. Raises NotEmpty.
    """
    if database.read_now(queries.count_conferences):
        raise NotEmpty
    first = date(year or local_day(now).year, 1, 1)
    last = date(year, 12, 31) if year else local_day(now + AHEAD)
    offices = database.read_now(queries.find_offices, min(last, local_day(now)))
    plan, played = meetings(offices, first, last, rules.calendar, seed=seed), Played()
    theatre = _Theatre(database, rules, now, played, offices)
    for number, meeting in enumerate(plan):
        theatre.play(meeting)
        progress(number + 1, len(plan))
    return played


@dataclass
class _Theatre:
    database: Database
    rules: Rules
    now: datetime
    played: Played
    offices: Offices

    def play(self, meeting: Meeting) -> None:
        self.played.hosts.add(meeting.host)
        if meeting.form == "logged":
            self._log(meeting)
            return
        made = self._book(meeting)
        if made is None:
            return
        meeting, booked = made
        if meeting.cancelled:
            self._cancel(meeting, booked)
        elif meeting.starts < self.now:
            self._conduct(meeting, booked)

    def _log(self, meeting: Meeting) -> None:
        if meeting.ends + timedelta(hours=1) > self.now:
            return
        at = meeting.ends + timedelta(hours=3)

        def work(db: Session) -> Booked:
            units = queries.units_by_code(db, local_day(meeting.starts))
            wish = Logged(
                title=meeting.title, kind=meeting.kind, host_unit_id=units[meeting.host], starts=meeting.starts,
                ends=meeting.ends, unit_ids=tuple(units[d] for d in meeting.districts),
                reason=meeting.reason or "other", place="Hội trường UBND tỉnh",
            )  # fmt: skip
            return log_in_person(db, wish, actor=ACTOR, now=at, demo=True)

        booked = self.database.write_now(work)
        self._advance(booked, at + timedelta(minutes=1))
        self.played.logged += 1

    def _book(self, meeting: Meeting) -> tuple[Meeting, Booked] | None:
        """Book it; a taken room sends the host to the other half of the day, then to the next days, as in life."""
        urgent = meeting.kind == "emergency"
        notice = timedelta(hours=4) if urgent else timedelta(days=3 + meeting.minutes % 9)
        for shift in (0, 6, 24, 30, 48, 72):
            starts = meeting.starts + timedelta(hours=shift)
            moved = _at(meeting, starts)
            if not self.rules.calendar.is_working(local_day(starts)) or starts.astimezone(LOCAL).hour > 15:
                continue
            at = min(starts - notice, self.now)
            try:
                booked = self.database.write_now(self._place, moved, at)
            except NoPlace:
                self.played.refused += 1
                continue
            self.played.booked += 1
            self.played.moved += shift > 0
            return moved, booked
        return None

    def _place(self, db: Session, meeting: Meeting, at: datetime) -> Booked:
        day = local_day(meeting.starts)
        units, rooms = queries.units_by_code(db, day), queries.rooms_by_code(db, day)
        online = [d for d in meeting.districts if d in rooms]
        seated: list[str] = []
        if meeting.form == "hybrid":
            half = max(1, len(online) * 2 // 3)
            online, seated = online[:half], online[half:]
        elif meeting.form == "in_person":
            online, seated = [], online
        chair = f"Lãnh đạo {queries.short_name(db, units[meeting.host], day)}"
        booking = Booking(
            title=meeting.title, kind=meeting.kind, form=meeting.form, host_unit_id=units[meeting.host],
            starts=meeting.starts, ends=meeting.ends, room_ids=(rooms[meeting.host], *(rooms[d] for d in online)),
            unit_ids=tuple(units[d] for d in seated), chair_name=chair, in_person_reason=meeting.reason,
            short_notice_reason="Theo chỉ đạo của lãnh đạo", no_secrets=True,
        )  # fmt: skip
        return book(db, booking, actor=ACTOR, now=at, rules=self.rules, demo=True)

    def _cancel(self, meeting: Meeting, booked: Booked) -> None:
        at = min(meeting.starts - timedelta(days=1), self.now)
        reason = "Hoãn để tập trung phòng, chống mưa bão"
        self.database.write_now(cancel, booked.key, version=1, reason=reason, actor=ACTOR, now=at)
        self.played.cancelled += 1

    def _conduct(self, meeting: Meeting, booked: Booked) -> None:
        timing = self.rules.timing
        for at in (meeting.starts - timedelta(minutes=timing.opens_before + 10), meeting.starts):
            self._advance(booked, min(at, self.now))
        if meeting.form != "in_person":
            self.database.write_now(self._watch, meeting, booked)
        over = meeting.ends + timedelta(minutes=timing.grace)
        for at in (over, over + timedelta(minutes=timing.settle + 1)):
            if at <= self.now:
                self._advance(booked, at)
        # What the machines saw stands by itself; people say what they cannot see.
        seen = meeting.form == "online" and meeting.broken_after is None
        if not seen and over + UNCONFIRMED < self.now:
            self._confirm(meeting, booked, over + timedelta(days=1))

    def _advance(self, booked: Booked, at: datetime) -> None:
        self.database.write_now(advance, booked.id, now=at, timing=self.rules.timing, actor=ACTOR)

    def _watch(self, db: Session, meeting: Meeting, booked: Booked) -> None:
        """What the video host reports of every site, up to now."""
        opening = queries.find_opening(db, booked.id)
        if opening is None:
            return
        devices = queries.devices_by_code(db, booked.id, local_day(meeting.starts))
        host = Visit(meeting.host, True, -900, 120, None)
        for visit in (host, *meeting.visits):
            device = devices.get(visit.district)
            if device is None or not visit.came:
                continue
            for number, (since, until) in enumerate(_spans(meeting, visit)):
                connection = f"{booked.key}-{visit.district}-{number}"
                self._report(db, opening, connection, device, meeting.starts + timedelta(seconds=since), None)
                left = meeting.starts + timedelta(seconds=until)
                if left <= self.now:
                    joined = meeting.starts + timedelta(seconds=since)
                    self._report(db, opening, connection, device, joined, left)

    def _report(
        self, db: Session, opening: tuple[int, str], connection: str, device: tuple[str, str], joined: datetime,
        left: datetime | None,
    ) -> None:  # fmt: skip
        at = left or joined
        if at > self.now:
            return
        kind = "occupant.left" if left else "occupant.joined"
        data = {
            "connection": connection, "device": device[0], "name": device[1], "joined": joined.isoformat(),
            "left": left.isoformat() if left else None,
        }  # fmt: skip
        bridge_id, jitsi_name = opening
        fact = NewFact(f"demo:{connection}:{kind}", kind, "demo", at, data, bridge_id, jitsi_name)
        add_fact(db, fact, now=at)

    def _confirm(self, meeting: Meeting, booked: Booked, at: datetime) -> None:
        if at > self.now:
            return

        def work(db: Session) -> None:
            version, delegations = queries.find_closing(db, booked.id)
            seated = {d for d, mode in delegations.values() if mode == "in_person"}
            heads = {unit: 3 + _small(booked.key, unit) % 6 for unit, _ in delegations.values()}
            marks = {
                delegation_id: Mark("in_person", heads[unit])
                for delegation_id, (unit, _) in delegations.items()
                if unit in seated
            }
            outcome = "failed_online" if meeting.broken_after else "held"
            result = Result(outcome, marks)
            confirm_result(db, booked.key, result, version=version, actor=ACTOR, now=at)

        self.database.write_now(work)


def _spans(meeting: Meeting, visit: Visit) -> Sequence[tuple[int, int]]:
    """From when to when a site was connected, in seconds from the start."""
    until = meeting.minutes * 60 + visit.leaves_late
    if meeting.broken_after is not None:
        return [(visit.joins, meeting.broken_after)] if visit.joins < meeting.broken_after else []
    if visit.gap is None:
        return [(visit.joins, until)]
    since, again = visit.gap
    return [(visit.joins, since), (again, until)] if visit.joins < since else [(again, until)]


def _at(meeting: Meeting, starts: datetime) -> Meeting:
    values = {**meeting.__dict__, "starts": starts}
    return Meeting(**values)


def _small(*words: str) -> int:
    return hashlib.sha256(" ".join(words).encode()).digest()[0]
