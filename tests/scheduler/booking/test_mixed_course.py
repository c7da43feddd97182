"""Whatever many people do on a few days, rooms, lines, host, series and calendars agree after every step: booked, asked
for and agreed, moved, split, cancelled, put back, taken by an emergency, postponed together, extended, time passing."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from confsvc.batches import work_batches
from confsvc.database import Database
from rooms.errors import Invalid, NotFound
from rooms.models import Line, Room
from scheduler.booking.approving.approval import approve, return_
from scheduler.booking.approving.queries import list_open_approvals
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.book import book
from scheduler.booking.booking import Booking
from scheduler.booking.edit import cancel, change, submit
from scheduler.booking.giving_way.displaced import accept, refuse
from scheduler.booking.giving_way.postpone import Chosen, bring_back, postpone_together
from scheduler.booking.giving_way.preempt import Rehearsed, preempt, rehearse
from scheduler.booking.giving_way.rivals import Consent, Preview
from scheduler.booking.place.capacity import Amount, BridgeLimit, Load, peak
from scheduler.booking.series.book import book_series, check_series
from scheduler.booking.series.cancel import cancel_series
from scheduler.booking.series.edit import change_series
from scheduler.booking.series.put_back import put_back
from scheduler.booking.series.turn import series_booking
from scheduler.booking.series.wish import SeriesWish
from scheduler.conduct.advance import advance, finish
from scheduler.conduct.extension import extend
from scheduler.conduct.queries import list_due
from scheduler.errors import GivesWay, NoExtension, NoPlace, NotAsked, SeriesBlocked, TooLate, WrongMove
from scheduler.models import Batch, BatchItem, Conference, Displacement, Reservation, Series, Site
from scheduler.rulebook import RuleBook, RuleRow
from scheduler.timing import Timing
from tests.scheduler.booking.calendars import series_agrees, shown
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish
from tests.scheduler.booking.series.test_series_course import clear as clear_series

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEATS, KBPS = 6, (1200, 8000)
ASKED, LOOSE = 13, 14
"""Hosts whose requests wait for their head: those of the first hold their rooms meanwhile, of the other not."""
_ROWS = [
    RuleRow(1, "approval_by", None, ASKED, "own_head", "", date(2020, 1, 1), None),
    RuleRow(2, "approval_by", None, LOOSE, "own_head", "", date(2020, 1, 1), None),
    RuleRow(3, "pending_holds", None, LOOSE, "no", "", date(2020, 1, 1), None),
]
HOUSE = replace(RULES, bridge_limits={1: BridgeLimit(seats=SEATS)}, book=RuleBook(_ROWS))
CLERK, HEAD, DUTY = "account:1", "account:2", "account:3"
LIVE = ("planned", "provisioned", "open")
OFF = ("cancelled", "postponed")
REFUSALS = (NoPlace, SeriesBlocked, TooLate, WrongMove, Invalid, NotFound, GivesWay, NotAsked, NoExtension)
"""What the domain may say to a person who comes one after another; nothing else, least of all from the database."""

HOSTS = st.sampled_from([2, 2, 11, ASKED, LOOSE])
ROOMS = st.sampled_from([(2, 11), (2, 12), (11, 12), (2, 11, 12, 13), (13, 14), (14, 11)])
BEGINS = st.sampled_from([*range(10), *range(48, 54)])  # half hours: on one working day, and early on the next
LENGTHS = st.integers(1, 4)
PICK = st.integers(0, 30)
SHIFTS = st.sampled_from([-HOUR, HOUR / 2, 2 * HOUR, DAY])


def lines(db: Session) -> None:
    """Rooms 11 and 12 share a line, 13 and 14 another."""
    for line_id, rooms in ((1, (11, 12)), (2, (13, 14))):
        up, down = KBPS
        db.execute(insert(Line).values(id=line_id, name=f"Nhà {line_id}", owner_unit_id=2, kbps_up=up, kbps_down=down))
        db.execute(update(Room).where(Room.id.in_(rooms)).values(line_id=line_id))


def clear(db: Session) -> None:
    db.execute(update(Batch).values(of_id=None))
    for model in (BatchItem, Batch):
        db.execute(delete(model))
    clear_series(db)


def there(*kinds: str) -> Any:
    """For acts that need one of these: a state, or "asked", "series", "batch"; else most steps would do nothing."""
    return precondition(lambda course: bool(course.there.intersection(kinds)))


def conference(db: Session, key: str) -> Conference:
    return db.scalars(select(Conference).where(Conference.key == key)).one()


class Course(RuleBasedStateMachine):
    """Acts of several people on two days; each example begins with an empty house a day before."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW + 6 * DAY
        self.there: set[str] = set()
        self.database.write_now(clear)

    @initialize(wishes=st.lists(st.tuples(HOSTS, ROOMS, BEGINS, LENGTHS), min_size=2, max_size=4))
    def some_are_booked(self, wishes: list[tuple[int, tuple[int, ...], int, int]]) -> None:
        for host, rooms, begin, length in wishes:
            self.book_one(host, rooms, begin, length)

    # What acts have in common

    def _try(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return self.database.write_now(work, *args, now=self.now, **kwargs)
        except REFUSALS:
            return None

    def _pick(self, pick: int, *states: str, asked: bool | None = None, series: bool = False) -> str | None:
        """The key of some conference in one of these states. ``asked``: with, or without, a time held for it."""

        def work(db: Session) -> list[str]:
            query = select(Conference.key).where(Conference.state.in_(states))
            query = query.order_by(Conference.starts, Conference.id)
            if series:
                query = query.where(Conference.series_id.is_not(None))
            waiting = select(Displacement.displaced_id).where(Displacement.decided.is_(None))
            if asked is not None:
                query = query.where(Conference.id.in_(waiting) if asked else Conference.id.not_in(waiting))
            return list(db.scalars(query))

        found = self.database.read_now(work)
        return found[pick % len(found)] if found else None

    def _on(self, key: str | None, work: Callable[[Session, Conference, datetime], Any]) -> Any:
        if key is not None:
            return self._try(lambda db, *, now: work(db, conference(db, key), now))
        return None

    def _span(self, begin: int, length: int) -> dict[str, datetime]:
        starts = START + begin * HOUR / 2
        return {"starts": starts, "ends": starts + length * HOUR / 2}

    # Wishes

    @rule(host=HOSTS, rooms=ROOMS, begin=BEGINS, length=LENGTHS)
    def book(self, host: int, rooms: tuple[int, ...], begin: int, length: int) -> None:
        self.book_one(host, rooms, begin, length)

    def book_one(self, host: int, rooms: tuple[int, ...], begin: int, length: int) -> None:
        booking = self._wish(host, rooms, begin, length)
        self._try(book, booking, actor=CLERK, rules=HOUSE)

    def _wish(self, host: int, rooms: tuple[int, ...], begin: int, length: int, **more: Any) -> Booking:
        more = {"clash_confirmed": True, "short_notice_reason": "Công điện", **more}
        return wish(host_unit_id=host, room_ids=rooms, **self._span(begin, length), **more)

    @rule(host=HOSTS, rooms=ROOMS, begin=st.integers(0, 6), count=st.integers(2, 3))
    def book_series(self, host: int, rooms: tuple[int, ...], begin: int, count: int) -> None:
        series = SeriesWish(self._wish(host, rooms, begin, 2), rule=f"FREQ=DAILY;COUNT={count}")

        def work(db: Session, *, now: datetime) -> None:
            found = check_series(db, series, now=now, rules=HOUSE, ways=False)
            choices = {one.original: None for one in found.dates if not one.fits}
            book_series(db, series, choices, actor=CLERK, now=now, rules=HOUSE)

        self._try(work)

    @there("planned", "pending", "draft")
    @rule(pick=PICK, later=SHIFTS, rooms=st.none() | ROOMS)
    def move(self, pick: int, later: timedelta, rooms: tuple[int, ...] | None) -> None:
        def work(db: Session, one: Conference, now: datetime) -> None:
            own = replace(booking_of(db, one), clash_confirmed=True, short_notice_reason="Công điện")
            own = replace(own, starts=own.starts + later, ends=own.ends + later, room_ids=rooms or own.room_ids)
            change(db, one.key, own, version=one.version, actor=CLERK, now=now, rules=HOUSE)

        self._on(self._pick(pick, "planned", "pending", "draft"), work)

    @there("planned", "pending", "draft")
    @rule(pick=PICK)
    def call_off(self, pick: int) -> None:
        self._on(
            self._pick(pick, "planned", "pending", "draft"),
            lambda db, one, now: cancel(db, one.key, version=one.version, reason="Bận", actor=CLERK, now=now),
        )

    @there(*OFF)
    @rule(pick=PICK)
    def put_back(self, pick: int) -> None:
        self._on(
            self._pick(pick, *OFF),
            lambda db, one, now: put_back(db, one.key, version=one.version, actor=CLERK, now=now, rules=HOUSE,
                                          clash_confirmed=True),
        )  # fmt: skip

    @there("series")
    @rule(pick=PICK, scope=st.sampled_from(["following", "all"]), later=SHIFTS)
    def shift_series(self, pick: int, scope: Any, later: timedelta) -> None:
        def work(db: Session, one: Conference, now: datetime) -> None:
            series = db.get_one(Series, one.series_id)
            given: dict[str, Any] = {"scope": scope, "since": one.key, "version": series.version}
            own = series_booking(db, series.key, now=now, **given)
            own = replace(own, clash_confirmed=True, short_notice_reason="Công điện", starts=own.starts + later,
                          ends=own.ends + later)  # fmt: skip
            change_series(db, series.key, own, actor=CLERK, now=now, rules=HOUSE, **given)

        self._on(self._pick(pick, "planned", "pending", series=True), work)

    @there("series")
    @rule(pick=PICK, scope=st.sampled_from(["following", "all"]))
    def cancel_series(self, pick: int, scope: Any) -> None:
        def work(db: Session, one: Conference, now: datetime) -> None:
            series = db.get_one(Series, one.series_id)
            cancel_series(db, series.key, scope=scope, since=one.key, version=series.version, reason="Hoãn",
                          actor=CLERK, now=now)  # fmt: skip

        self._on(self._pick(pick, "planned", series=True), work)

    # Approval

    @there("request")
    @rule(pick=PICK, yes=st.booleans())
    def decide(self, pick: int, yes: bool) -> None:
        def work(db: Session, one: Conference, now: datetime) -> None:
            who: dict[str, Any] = {"version": one.version, "actor": HEAD, "now": now}
            who["deciders"] = {asked.id: None for asked in list_open_approvals(db, one.id)}
            if yes:
                approve(db, one.key, rules=HOUSE, **who)
            else:
                return_(db, one.key, reason="Trùng lịch", **who)

        self._on(self._pick(pick, "pending", asked=False), work)

    @there("draft")
    @rule(pick=PICK)
    def send_again(self, pick: int) -> None:
        self._on(
            self._pick(pick, "draft"),
            lambda db, one, now: submit(db, one.key, version=one.version, actor=CLERK, now=now, rules=HOUSE,
                                        clash_confirmed=True),
        )  # fmt: skip

    # Giving way

    @there("planned", "pending", "open")
    @rule(pick=PICK, rooms=ROOMS, later=st.sampled_from([-HOUR / 2, HOUR / 4]), soon=st.booleans(), end=st.booleans())
    def call_an_emergency(self, pick: int, rooms: tuple[int, ...], later: timedelta, soon: bool, end: bool) -> None:
        """About the time of some other, or in ten minutes."""
        key = self._pick(pick, "planned", "pending", "open")
        near = self.database.read_now(lambda db: conference(db, key or "").starts)
        starts = self.now + HOUR / 6 if soon else near + later
        booking = self._wish(2, rooms, 0, 2, kind="emergency", chair_level="leader", title="Họp khẩn")
        booking = replace(booking, starts=starts, ends=starts + HOUR)
        seen = self._rehearsed(booking)
        if seen is None:
            return
        choices = {way.key: way.choices[-1 if end else 0] for way in seen.ways if way.choices}
        consent = Consent(frozenset(way.key for way in seen.ways), choices, many=True)
        made = self._try(preempt, booking, consent, actor=HEAD, rules=HOUSE)
        ways = {way.key for way in made.preview.ways} if made else None
        assert ways is not None and ways <= consent.keys, "only those that were shown"
        assert end or ways == consent.keys, "all of them, unless one that ends gives back more than was asked for"

    def _rehearsed(self, booking: Booking) -> Preview | None:
        try:
            self._try(rehearse, booking, actor=HEAD, rules=HOUSE)
        except Rehearsed as found:
            return found.preview
        return None

    @there("asked")
    @rule(pick=PICK, takes=st.booleans())
    def answer_about_the_other_time(self, pick: int, takes: bool) -> None:
        def work(db: Session, one: Conference, now: datetime) -> None:
            if takes:
                accept(db, one.key, version=one.version, actor=CLERK, now=now, rules=HOUSE)
            else:
                refuse(db, one.key, version=one.version, actor=CLERK, now=now)

        self._on(self._pick(pick, "pending", asked=True), work)

    @there("planned")
    @rule(begin=BEGINS, hours=st.integers(2, 24))
    def postpone_together(self, begin: int, hours: int) -> None:
        since = self._span(begin, 1)["starts"]
        if self._try(postpone_together, Chosen(since, since + hours * HOUR), "Chống bão", actor=DUTY):
            asyncio.run(work_batches(self.database, self.now, HOUSE))

    @there("batch")
    @rule(pick=PICK)
    def bring_them_back(self, pick: int) -> None:
        keys = self.database.read_now(
            lambda db: list(db.scalars(select(Batch.key).where(Batch.act == "postpone").order_by(Batch.id)))
        )
        if keys and self._try(bring_back, keys[pick % len(keys)], actor=DUTY):
            asyncio.run(work_batches(self.database, self.now, HOUSE))

    # While it runs

    @precondition(lambda self: self.now < START + 2 * DAY)
    @rule(minutes=st.sampled_from([45, 240, 720]))
    def time_passes(self, minutes: int) -> None:
        self._until(max(self.now, START - 2 * HOUR) + timedelta(minutes=minutes))

    @there("planned", "provisioned")
    @rule(minutes=st.sampled_from([-65, 0, 1, 12, 55]))
    def the_next_begins(self, minutes: int) -> None:
        """Time passes until about the start of the next."""
        query = select(Conference.starts).where(Conference.state.in_(("planned", "provisioned")))
        starts = self.database.read_now(lambda db: min(db.scalars(query)))
        self._until(max(self.now, starts + timedelta(minutes=minutes)))

    def _until(self, now: datetime) -> None:
        self.now = now
        while due := self.database.read_now(list_due, now=now):
            for conference_id in due:
                self.database.write_now(advance, conference_id, now=now, timing=Timing())

    @there("open")
    @rule(pick=PICK, minutes=st.sampled_from([15, 30]))
    def go_on(self, pick: int, minutes: int) -> None:
        self._on(
            self._pick(pick, "open"),
            lambda db, one, now: extend(db, one.key, minutes, version=one.version, actor=CLERK, now=now, rules=HOUSE),
        )

    @there("open")
    @rule(pick=PICK)
    def end_early(self, pick: int) -> None:
        self._on(
            self._pick(pick, "open"),
            lambda db, one, now: finish(db, one.key, version=one.version, actor=CLERK, now=now, timing=Timing()),
        )

    # What always holds

    @invariant()
    def everything_agrees(self) -> None:
        self.there = self.database.read_now(assert_whole, self.now)


def assert_whole(db: Session, now: datetime) -> set[str]:
    """Places, displacements, series and what people were told; what acts there could be next."""
    rows = list(db.scalars(select(Reservation)))
    everybody = list(db.scalars(select(Conference)))
    held = [row for row in rows if row.holds]
    _rooms_exclude(held)
    _nothing_is_exceeded(held)
    mine: dict[int, list[Reservation]] = defaultdict(list)
    for row in rows:
        assert row.conference_id is not None
        mine[row.conference_id].append(row)
    asked: dict[int, Displacement] = {}
    for lost in db.scalars(select(Displacement).where(Displacement.decided.is_(None))):
        assert lost.displaced_id not in asked, "one alternative at most"
        asked[lost.displaced_id] = lost
    sites: dict[int, Counter[int]] = defaultdict(Counter)
    for site in db.scalars(select(Site)):
        sites[site.conference_id][site.room_id] += 1
    for one in everybody:
        _holds_its_own(one, mine[one.id], sites[one.id], asked.get(one.id), now)
    for series in db.scalars(select(Series)):
        series_agrees(db, series, now)
    _told(db, everybody, now)
    found = {one.state for one in everybody} | ({"asked"} if asked else set())
    found |= {"request" for one in everybody if one.state == "pending" and one.id not in asked}
    found |= {"series" for one in everybody if one.series_id and one.state in ("planned", "pending")}
    return found | {"batch" for _ in db.scalars(select(Batch.id).where(Batch.act == "postpone"))}


def _rooms_exclude(held: Sequence[Reservation]) -> None:
    spans = sorted((row.room_id, row.starts, row.ends) for row in held if row.room_id is not None)
    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in pairwise(spans)), "two hold one room"


def _nothing_is_exceeded(held: Sequence[Reservation]) -> None:
    up, down = (kbps * 80 // 100 for kbps in KBPS)
    limits = [("line_id", line, Amount(0, up, down)) for line in (1, 2)]
    for column, resource, most in [*limits, ("bridge_id", 1, Amount(SEATS, 10**9, 10**9))]:
        loads = [
            Load(row.starts, row.ends, Amount(row.seats, row.kbps_up, row.kbps_down))
            for row in held if getattr(row, column) == resource
        ]  # fmt: skip
        highest = peak(loads, START - 3 * DAY, START + 60 * DAY)
        assert all(have <= limit for have, limit in zip(highest, most, strict=True)), (column, highest, most)


def _holds_its_own(
    one: Conference, rows: Sequence[Reservation], sites: Counter[int], asked: Displacement | None, now: datetime
) -> None:  # fmt: skip
    """Nothing is held for nobody, and who waits or takes place has its place; a displaced one what is left of its own
    and one other time."""
    rooms = Counter(row.room_id for row in rows if row.room_id is not None)
    if one.state in ("draft", *OFF):
        assert not rows, f"{one.state} holds something"
    elif one.state in ("ended", "recorded"):
        assert all(row.ends <= max(now, one.ends + HOUR / 4) for row in rows), "over, and still held"
    elif asked is not None:
        assert one.state == "pending" and asked.alternative_starts and asked.alternative_ends
        span = (asked.alternative_starts, asked.alternative_ends)
        other = Counter(row.room_id for row in rows if row.room_id and row.starts < span[1] and row.ends > span[0])
        assert other == sites, "the other time is held whole"
        assert set((rooms - other).values()) <= {1} and rooms - other <= sites, "and beside it what is left of its own"
    elif one.state == "open":
        assert set(rooms) <= set(sites) and set(rooms.values()) <= {1}
    else:
        assert rooms == sites, f"{one.state} without its rooms"
        assert {row.holds for row in rows} == {not (one.state == "pending" and one.host_unit_id == LOOSE)}


def _told(db: Session, everybody: Sequence[Conference], now: datetime) -> None:
    """Whoever got every letter has in his calendar exactly what takes place; of what waits he knows the old time."""
    waiting = {(one.uid, one.recurrence_id and one.recurrence_id.isoformat()) for one in everybody
               if one.state == "pending"}  # fmt: skip
    told = {(key[0], starts) for key, starts in shown(db).items() if starts > now and key not in waiting}
    wanted = {(one.uid, one.starts) for one in everybody if one.state in LIVE and one.starts > now}
    assert told == wanted


def _house(database: Database) -> None:
    offices(database)
    database.write_now(lines)


def _run(database: Database, examples: int, steps: int = 14) -> None:
    machine = type("Course", (Course,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_fifty_courses(database: Database) -> None:
    _house(database)
    _run(database, 50)


def test_what_was_postponed_comes_back_after_the_rest_of_its_series_was_cancelled(database: Database) -> None:
    """Found by a course: it came back as a date of an entry that had been cancelled as a whole."""
    _house(database)
    course = type("Course", (Course,), {"database": database})()
    course.some_are_booked(wishes=[(13, (14, 11), 6, 4), (2, (2, 12), 6, 1)])
    course.book_series(begin=3, count=2, host=11, rooms=(2, 12))
    course.postpone_together(begin=51, hours=12)
    course.move(later=timedelta(hours=-1), pick=19, rooms=None)
    course.cancel_series(pick=0, scope="following")
    course.bring_them_back(pick=8)
    course.everything_agrees()


@pytest.mark.slow
def test_a_thousand_courses(database: Database) -> None:
    """PostgreSQL takes longer: there every second course is short, as the acts are the same."""
    _house(database)
    if database.sqlite:
        _run(database, 1000)
    else:
        _run(database, 500)
        _run(database, 500, steps=5)
