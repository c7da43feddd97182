"""Many dates judged together: what stands in the way of each, and the place of all under one set of locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.errors import FieldError
from scheduler.booking.booking import Booking, Rules, Warning_
from scheduler.booking.clashes import Clash, clash_errors, clash_warnings, find_clashes
from scheduler.booking.limits import is_urgent
from scheduler.booking.objections import is_counted, objections
from scheduler.booking.party import Party, find_party
from scheduler.booking.place.holding import Place, Survey, claims, survey
from scheduler.booking.place.lock_queries import take_locks
from scheduler.booking.place.reservations import Hold, lock_keys
from scheduler.booking.plan import Plan, plan_with
from scheduler.booking.series.wish import DateFinding, Wished
from scheduler.booking.validation import warnings
from scheduler.booking.ways.nearest import nearest_times
from scheduler.booking.ways.suggest import FreeTime
from scheduler.errors import SeriesBlocked
from scheduler.local_time import instant, local_day
from scheduler.models import LONGEST_SPAN

DAY = timedelta(days=1)
DAY_OFF = "day_off"


@dataclass
class Judged:
    """One date after it was looked at: its plan when the wish makes sense, its place when it was surveyed."""

    wished: Wished
    errors: list[FieldError]
    plan: Plan | None = None
    survey: Survey | None = None
    warnings: tuple[Warning_, ...] = ()
    times: tuple[FreeTime, ...] = ()

    @property
    def ready(self) -> Plan:
        """Its plan, once nothing speaks against it."""
        if self.plan is None:
            raise ValueError("this date was refused")
        return self.plan

    @property
    def place(self) -> Place:
        if self.survey is None:
            raise ValueError("this date was not surveyed")
        return self.survey.place

    @property
    def fits(self) -> bool:
        found = self.survey
        return not self.errors and found is not None and not (found.taken or found.full or found.over)

    def finding(self) -> DateFinding:
        booking, found = self.wished.booking, self.survey or Survey(Place([]))
        return DateFinding(
            self.wished.original, booking.starts, booking.ends, errors=tuple(self.errors or found.over),
            taken=tuple(found.taken), full=tuple(found.full), warnings=self.warnings, times=self.times,
        )  # fmt: skip


def judge(
    db: Session, dates: Sequence[Wished], *, now: datetime, rules: Rules, held: bool = False
) -> list[Judged]:  # fmt: skip
    """Every date by itself, by the house's rules and by who takes part. ``held``: for whoever books (find_party)."""
    found: list[Judged] = []
    fresh: list[Booking] = []
    for one in dates:
        found.append(_judged(db, one, now=now, rules=rules, held=held, besides=() if one.kept else fresh))
        fresh += [] if one.kept else [one.booking]
    return found


def _judged(db: Session, one: Wished, *, now: datetime, rules: Rules, held: bool, besides: Sequence[Booking]) -> Judged:
    booking = one.booking
    made = Judged(one, objections(db, booking, now=now, rules=rules, except_id=one.kept, besides=besides))
    said = list(warnings(booking, now=now, rules=rules))
    party: Party | None = None
    clashes: list[Clash] = []
    if not any(error.field in ("starts", "ends") for error in made.errors):
        party, party_errors = find_party(db, booking, local_day(booking.starts), held=held)
        clashes = find_clashes(db, booking, except_id=one.kept)
        made.errors += party_errors + clash_errors(booking, clashes)
        said += clash_warnings(clashes)
    if party is not None:
        made.plan = replace(
            plan_with(booking, party, rules, bridge_id=one.bridge_id),
            expected=one.expected,
            counted=is_counted(db, booking, rules, except_id=one.kept),
            clashes=tuple(clash for clash in clashes if not clash.known),
        )  # fmt: skip
    made.warnings = (*_day_off(booking, rules), *(w for w in said if w.code != "outside_hours" or not _off(w)))
    return made


def _day_off(booking: Booking, rules: Rules) -> tuple[Warning_, ...]:
    """Holidays are pointed out by name, so that the date can be left out; urgent kinds do not mind them."""
    day = local_day(booking.starts)
    if rules.calendar.is_working(day) or is_urgent(booking, rules):
        return ()
    special = rules.calendar.special_day(day)
    names = {"name_vi": special.name_vi, "name_en": special.name_en} if special else {"name_vi": "", "name_en": ""}
    return (Warning_(DAY_OFF, {"day": day.isoformat(), **names}),)


def _off(warning: Warning_) -> bool:
    return bool(warning.data.get("day_off"))


def survey_all(db: Session, judged: Sequence[Judged], rules: Rules) -> None:
    """The place of each, beside what the dates before it will hold; those with a wrong field are not looked at."""
    near: list[Hold] = []
    fresh: list[Booking] = []
    for one in sorted((one for one in judged if one.plan is not None), key=lambda one: one.wished.booking.starts):
        plan = one.ready
        near = [hold for hold in near if hold.ends > plan.times.opens - LONGEST_SPAN]
        around = [hold for hold in near if hold.ends > plan.times.opens and hold.starts < plan.times.ends_grace]
        siblings = () if one.wished.kept else fresh
        one.survey = survey(db, plan, rules, except_id=one.wished.kept, besides=around, siblings=siblings)
        fresh += [] if one.wished.kept else [one.wished.booking]
        if one.fits:
            near += one.place.holds


def lock_all(db: Session, judged: Sequence[Judged], held: Sequence[Hold] = ()) -> None:
    """All locks at once, sorted; beyond what the server's lock table bears the one gate (lock_queries)."""
    take_locks(db, lock_keys([*held, *(hold for one in judged for hold in claims(one.ready))]))


def refuse(judged: Sequence[Judged]) -> None:
    """Raise SeriesBlocked with every date that does not fit."""
    blocked = [one.finding() for one in judged if one.errors or (one.survey is not None and not one.fits)]
    if blocked:
        raise SeriesBlocked(blocked)


def offer_times(db: Session, judged: Sequence[Judged], *, now: datetime, rules: Rules) -> None:
    """For each date that is taken or full, other times of its day, also while something is still to be filled in."""
    for one in judged:
        if one.plan is None or one.survey is None or not (one.survey.taken or one.survey.full):
            continue
        booking = one.wished.booking
        until = instant(local_day(booking.starts) + DAY)
        found = nearest_times(db, booking, one.plan.party, now=now, rules=rules, except_id=one.wished.kept, until=until)
        one.times = tuple(found)
