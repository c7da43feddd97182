"""A plan of many single conferences: what would become of each if all were booked in their order, and booking one.

Judging writes nothing. Every row is booked as a unit of work of its own, so what was booked stays when another row is
refused, and the whole may be repeated: a conference that is there already is never booked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import FieldError, Invalid, Problem
from rooms.names import search_key
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.clashes import clash_errors, find_clashes
from scheduler.booking.limits import is_short_notice, notice_data
from scheduler.booking.objections import objections
from scheduler.booking.party import Party, find_party
from scheduler.booking.place.holding import Survey, survey
from scheduler.booking.place.reservations import ROOM, Hold
from scheduler.booking.plan import plan_with
from scheduler.booking.plan_queries import find_same
from scheduler.booking.ways.nearest import MOST_TIMES, nearest_times
from scheduler.booking.ways.suggest import FreeTime
from scheduler.errors import Full, Taken
from scheduler.local_time import local_day

MOST_WAYS = 100
"""Rows of one plan for which another time is looked for; it takes longer than all else."""
FITS, SHORT, TAKEN, WRONG, THERE, TWICE = "fits", "short", "taken", "wrong", "there", "twice"
VERDICTS = (FITS, SHORT, TAKEN, WRONG, THERE, TWICE)
_REASON = "short_notice_reason"


class PlannedAlready(Problem):
    """The host has a conference of this title at this start: ``key``."""

    code = "planned_already"


@dataclass(frozen=True)
class PlanWish:
    """One row: its number in the file, the wish it makes (None when it makes none), and what of it cannot be read."""

    number: int
    booking: Booking | None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What would become of one row. ``code``: of VERDICTS; "short" would be booked with a reason for the short notice
    (``notice``). ``full``: lines and hosts. ``row``: the earlier row that stands in the way or is the same. ``key``:
    the conference that is there already. ``way``: the first other time at which it would fit."""

    number: int
    code: str
    booking: Booking | None = None
    errors: tuple[FieldError, ...] = ()
    taken: tuple[Taken, ...] = ()
    full: tuple[Full, ...] = ()
    notice: Mapping[str, Any] = field(default_factory=dict)
    row: int = 0
    key: str = ""
    way: FreeTime | None = None

    @property
    def bookable(self) -> bool:
        return self.code in (FITS, SHORT)

    @property
    def savable(self) -> bool:
        """Whether it may be a draft, which holds nothing."""
        return self.code in (FITS, SHORT, TAKEN)


@dataclass
class SoFar:
    """What the rows before hold, by local day, and which they were; a plan is judged in parts with one of these."""

    held: dict[date, list[tuple[int, Hold]]] = field(default_factory=dict)
    seen: dict[tuple[int, datetime, str], int] = field(default_factory=dict)
    ways: int = 0

    def add(self, number: int, holds: Sequence[Hold]) -> None:
        for hold in holds:
            for day in {local_day(hold.starts), local_day(hold.ends)}:
                self.held.setdefault(day, []).append((number, hold))

    def near(self, since: datetime, until: datetime) -> list[tuple[int, Hold]]:
        """With the row that each belongs to, for some of [since, until)."""
        days = {local_day(since) + timedelta(days=n) for n in range((until - since).days + 2)}
        found = [one for day in sorted(days) for one in self.held.get(day, ())]
        return [one for one in dict.fromkeys(found) if one[1].starts < until and one[1].ends > since]


def judge(
    db: Session, wishes: Sequence[PlanWish], so_far: SoFar, *, now: datetime, rules: Rules
) -> list[Verdict]:  # fmt: skip
    """Each row as if the bookable ones before it were booked. Lines, hosts and rooms count the rows before; the host's
    quotas do not, they are asked when it is booked."""
    return [_judged(db, wish, so_far, now=now, rules=rules) for wish in wishes]


def _judged(db: Session, wish: PlanWish, so_far: SoFar, *, now: datetime, rules: Rules) -> Verdict:
    booking = wish.booking
    if booking is None or wish.errors:
        return Verdict(wish.number, WRONG, booking, wish.errors)
    mark = (booking.host_unit_id, booking.starts, search_key(booking.title))
    key = find_same(db, *mark)
    if key is not None:
        return Verdict(wish.number, THERE, booking, key=key)
    if mark in so_far.seen:
        return Verdict(wish.number, TWICE, booking, row=so_far.seen[mark])
    so_far.seen[mark] = wish.number
    errors, party = _errors(db, booking, now=now, rules=rules)
    if errors or party is None:
        return Verdict(wish.number, WRONG, booking, tuple(errors))
    plan = plan_with(booking, party, rules)
    around = so_far.near(plan.times.opens, plan.times.ends_grace)
    found = survey(db, plan, rules, besides=[hold for _, hold in around])
    if found.taken or found.full:
        return _in_the_way(db, wish.number, booking, party, found, so_far, now=now, rules=rules)
    so_far.add(wish.number, found.place.holds)
    if is_short_notice(booking, now=now, rules=rules):
        return Verdict(wish.number, SHORT, booking, notice=notice_data(booking, now=now, rules=rules))
    return Verdict(wish.number, FITS, booking)


def _errors(db: Session, booking: Booking, *, now: datetime, rules: Rules) -> tuple[list[FieldError], Party | None]:
    """As ``book`` would find them; the reason for short notice and the declaration are asked once for the plan."""
    asked = replace(booking, no_secrets=True)
    errors = [
        error
        for error in objections(db, asked, now=now, rules=rules)
        if (error.field, error.code) != (_REASON, "required")
    ]
    if any(error.field in ("starts", "ends") for error in errors):
        return errors, None
    party, party_errors = find_party(db, booking, local_day(booking.starts))
    return [*errors, *party_errors, *clash_errors(booking, find_clashes(db, booking))], party


def _in_the_way(
    db: Session, number: int, booking: Booking, party: Party, found: Survey, so_far: SoFar, *, now: datetime,
    rules: Rules,
) -> Verdict:  # fmt: skip
    times = plan_with(booking, party, rules).times
    ours = {
        (hold.id, hold.starts, hold.ends): row for row, hold in so_far.near(times.room_from, times.room_until)
        if hold.kind == ROOM and hold.id in booking.room_ids
    }  # fmt: skip
    others = tuple(one for one in found.taken if (one.room_id, one.starts, one.ends) not in ours)
    way = None
    if so_far.ways < MOST_WAYS:
        so_far.ways += 1
        way = next(_free_of(db, booking, party, so_far, now=now, rules=rules), None)
    return Verdict(
        number, TAKEN, booking, taken=others, full=tuple(found.full), row=min(ours.values(), default=0), way=way
    )  # fmt: skip


def _free_of(
    db: Session, booking: Booking, party: Party, so_far: SoFar, *, now: datetime, rules: Rules
) -> Iterator[FreeTime]:
    """Times that are free of the rows before, too."""
    for free in nearest_times(db, booking, party, now=now, rules=rules, most=MOST_TIMES * 2):
        moved = plan_with(replace(booking, starts=free.starts, ends=free.ends), party, rules)
        around = [hold for _, hold in so_far.near(moved.times.opens, moved.times.ends_grace)]
        found = survey(db, moved, rules, besides=around)
        if not found.taken and not found.full:
            yield free


def book_row(
    db: Session, booking: Booking, *, actor: str, now: datetime, rules: Rules, reason: str, draft: bool
) -> Booked:
    """Book one row, or save it as a draft; ``reason``: for the short notice, given where it is short. The caller has
    the declaration that no state secret is spoken of, or books a draft.

    Raises PlannedAlready, and what ``book`` raises.
    """
    if booking.ends <= booking.starts:
        raise Invalid([FieldError("ends", "before_start")])
    key = find_same(db, booking.host_unit_id, booking.starts, search_key(booking.title))
    if key is not None:
        raise PlannedAlready(key=key)
    short = is_short_notice(booking, now=now, rules=rules)
    wanted = replace(booking, short_notice_reason=reason or None) if short else booking
    return book(db, wanted, actor=actor, now=now, rules=rules, draft=draft)
