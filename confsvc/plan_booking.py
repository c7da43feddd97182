"""Booking the rows of a plan: the same row of the same file books nothing twice, however often it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from confsvc import queries
from confsvc.access import Actor, Permission, require, units_for
from confsvc.plan_files import Line, Planned
from confsvc.plan_wishes import Reading, fields_of
from confsvc.web.idempotency import claim, settle
from confsvc.web.pages.choices import Places, load_places
from rooms.errors import FieldError, Invalid
from rooms.queries import find_unit
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Rules
from scheduler.booking.plan_import import SoFar, Verdict, book_row, judge
from scheduler.booking.plan_queries import GONE, list_planned
from scheduler.booking.queries import find_conference
from scheduler.local_time import instant, local_day

P = Permission.CONFERENCE_BOOK
PART = 50
"""Rows that are judged in one reading of the database."""
MOST_EXPORTED = 5000
_TRIES = 20


class Answer(BaseModel):
    """What a booked row became."""

    key: str
    state: str


@dataclass(frozen=True)
class Asking:
    """Who books the rows of which file, and what holds for all of them. ``host``: code of the office for rows that name
    none; ``reason``: for short notice; ``no_secrets``: declared by whoever asks."""

    actor: Actor
    digest: str
    host: str = ""
    reason: str = ""
    no_secrets: bool = False
    draft: bool = False


def digest_of(lines: Sequence[Line]) -> str:
    """What makes a file the same: its rows, however they were written."""
    rows = [[line.number, sorted(line.fields.items())] for line in lines]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def reading_of(db: Session, asking: Asking, *, now: datetime, rules: Rules) -> Reading:
    """Offices and rooms as of today: codes outlive names."""
    places = load_places(db, asking.actor, P, local_day(now))
    return Reading(places, rules.book, asking.host)


def judge_lines(
    db: Session, lines: Sequence[Line], so_far: SoFar, asking: Asking, *, now: datetime, rules: Rules
) -> list[Verdict]:
    """A part of a plan; a unit of work for reading."""
    reading = reading_of(db, asking, now=now, rules=rules)
    return judge(db, [reading.wish(line) for line in lines], so_far, now=now, rules=rules)


def book_line(db: Session, line: Line, asking: Asking, *, now: datetime, rules: Rules) -> Answer:
    """Book it, or say what it became before. Raises Invalid, NotAllowed, PlannedAlready, NoPlace."""
    wish = reading_of(db, asking, now=now, rules=rules).wish(line)
    if wish.errors or wish.booking is None:
        raise Invalid(wish.errors)
    require(asking.actor, P, wish.booking.host_unit_id)
    if not asking.no_secrets and not asking.draft:
        raise Invalid([FieldError("no_secrets", "required")])
    for turn in range(_TRIES):
        key = _key(asking, line, turn)
        before = claim(db, asking.actor.account_id, key, asking.digest, now=now)
        if before is None:
            break
        answer = Answer.model_validate(before.answer)
        if not _is_gone(db, answer):
            return answer
    booked = book_row(
        db, replace(wish.booking, no_secrets=asking.no_secrets), actor=asking.actor.text, now=now, rules=rules,
        reason=asking.reason, draft=asking.draft,
    )  # fmt: skip
    made = Answer(key=booked.key, state=booked.state)
    settle(db, asking.actor.account_id, key, 201, made)
    return made


def find_booked(db: Session, line: Line, asking: Asking) -> Answer | None:
    """What this row became, if it was booked; asked by whoever shows the result."""
    for turn in range(_TRIES):
        found = queries.find_idempotency(db, asking.actor.account_id, _key(asking, line, turn))
        if found is None:
            return None
        answer = Answer.model_validate(found.answer)
        if not _is_gone(db, answer):
            return answer
    return None


def _key(asking: Asking, line: Line, turn: int) -> str:
    """``turn``: how often what the row became was cancelled and it was booked again."""
    return f"plan:{asking.digest}:{line.number}:{turn}"


def _is_gone(db: Session, answer: Answer) -> bool:
    found = find_conference(db, answer.key)
    return found is None or found.state in GONE


def list_exported(
    db: Session, actor: Actor, since: date, until: date, host: str, language: str, *, domain: str
) -> list[Planned]:
    """The conferences of the offices that somebody books for, from one day to another, both inclusive; ``host``: of
    one office only. Raises NotAllowed, Invalid."""
    hosts = units_for(actor, P)
    if host:
        unit = find_unit(db, host, until)
        if unit is None:
            raise Invalid([FieldError("host", "no_such_unit")])
        require(actor, P, unit.id)
        hosts = frozenset({unit.id})
    begins, ends = instant(since), instant(date.fromordinal(until.toordinal() + 1))
    found = list_planned(db, begins, ends, hosts, limit=MOST_EXPORTED + 1)
    if len(found) > MOST_EXPORTED:
        raise Invalid([FieldError("to", "too_many_rows", {"max": MOST_EXPORTED})])
    places: dict[date, Places] = {}
    planned = []
    for one in found:
        day = local_day(one.starts)
        if day not in places:
            places[day] = load_places(db, actor, P, day)
        fields = fields_of(booking_of(db, one), places[day], language)
        planned.append(Planned(f"{one.key}@{domain}", one.starts, one.ends, fields))
    return planned
