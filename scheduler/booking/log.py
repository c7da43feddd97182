"""Conferences that took place without us: registered afterwards, so that they count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.changes import change_row
from rooms.errors import FieldError, Invalid
from rooms.models import Change
from rooms.names import search_key
from scheduler.booking.booking import LONGEST_NOTE, LONGEST_TITLE, Booked
from scheduler.booking.conference_rows import new_conference_key
from scheduler.booking.queries import UnitPart, list_unit_parts
from scheduler.booking.validation import in_person_errors, is_shown
from scheduler.kinds import find_kind
from scheduler.local_time import local_day
from scheduler.models import Attendance, Conference, Delegation
from scheduler.rule_queries import list_rules
from scheduler.rulebook import RuleBook

SECRET_TITLE = "Nội dung không đưa lên hệ thống"  # noqa: S105 - a title
_OLDEST = timedelta(days=366 * 3)


@dataclass(frozen=True)
class Logged:
    """An in-person meeting that was held: eight things to type. ``unit_ids``: the offices that came.

    ``reason`` "secret": the law keeps its content off the system; title, place and note are not stored.
    """

    title: str
    kind: str
    host_unit_id: int
    starts: datetime
    ends: datetime
    unit_ids: tuple[int, ...]
    reason: str
    reason_note: str = ""
    place: str = ""
    letter_number: str = ""
    note: str = ""

    @property
    def secret(self) -> bool:
        return self.reason == "secret"


def log_in_person(db: Session, logged: Logged, *, actor: str, now: datetime, demo: bool = False) -> Booked:
    """Write an ended in-person conference with its delegations. No room, no letters, no checks of either.

    It is recorded by the next tick. Raises Invalid with every wrong field.
    """
    day = local_day(logged.starts)
    kind = RuleBook(list_rules(db, ("counts",))).kind_on(logged.kind, day)
    errors = list(_errors(logged, now, counts=kind is not None and kind.counts))
    units = list_unit_parts(db, (logged.host_unit_id, *logged.unit_ids), day)
    errors += [FieldError(f"units.{n}", "no_such_unit") for n, u in enumerate(logged.unit_ids) if u not in units]
    if logged.host_unit_id not in units:
        errors.append(FieldError("host", "no_such_unit"))
    if errors:
        raise Invalid(errors)
    (conference_id,) = next_ids(db, Conference)
    row = _conference_row(logged, conference_id, actor=actor, now=now) | {"demo": demo}
    parts = [units[unit_id] for unit_id in logged.unit_ids]
    delegation_ids = next_ids(db, Delegation, len(parts)) if parts else []
    after = {"key": row["key"], "title": row["title"], "starts": logged.starts.isoformat(), "units": len(parts)}
    insert_bundle(
        db,
        [
            (Conference, [row]),
            (Delegation, _delegation_rows(conference_id, delegation_ids, parts)),
            (Attendance, _attendance_rows(conference_id, delegation_ids, logged, actor)),
            (Change, [change_row("conference", conference_id, "logged", actor=actor, now=now, after=after)]),
        ],
    )
    return Booked(conference_id, row["key"])


def _errors(logged: Logged, now: datetime, *, counts: bool) -> Iterator[FieldError]:
    if not logged.secret and len(logged.title.strip()) < 3:
        yield FieldError("title", "too_short", {"min": 3})
    for name, limit in (("title", LONGEST_TITLE), ("place", 200), ("letter_number", 60), ("note", LONGEST_NOTE),
                        ("reason_note", 500)):  # fmt: skip
        if len(getattr(logged, name)) > limit:
            yield FieldError(name, "too_long", {"max": limit})
        elif not is_shown(getattr(logged, name)):
            yield FieldError(name, "not_text")
    if find_kind(logged.kind) is None:
        yield FieldError("kind", "unknown_value")
    if logged.ends <= logged.starts:
        yield FieldError("ends", "before_start")
    elif logged.ends - logged.starts > timedelta(hours=12):
        yield FieldError("ends", "too_long_sitting", {"hours": 12})
    if logged.ends > now:
        yield FieldError("starts", "not_over_yet")
    if logged.starts < now - _OLDEST:
        yield FieldError("starts", "too_long_ago", {"years": 3})
    if not logged.unit_ids:
        yield FieldError("units", "required")
    if len(set(logged.unit_ids)) != len(logged.unit_ids):
        yield FieldError("units", "duplicate")
    for error in in_person_errors(logged.reason or None, logged.reason_note) if counts else ():
        yield FieldError({"in_person_reason": "reason", "in_person_note": "reason_note"}[error.field], error.code)


def _conference_row(logged: Logged, conference_id: int, *, actor: str, now: datetime) -> dict[str, Any]:
    title = SECRET_TITLE if logged.secret else " ".join(logged.title.split())
    return {
        "id": conference_id,
        "key": new_conference_key(),
        "counted_with": conference_id,
        "origin": "logged",
        "kind": logged.kind,
        "form": "in_person",
        "title": title,
        "search_key": search_key(title),
        "host_unit_id": logged.host_unit_id,
        "starts": logged.starts,
        "ends": logged.ends,
        "booked_ends": logged.ends,
        "opens": logged.starts,
        "latest_end": logged.ends,
        "state": "ended",
        "due": now,
        "outcome": "held",
        "outcome_evidence": "declared",
        "ran_from": logged.starts,
        "ran_until": logged.ends,
        "place": "" if logged.secret else logged.place.strip(),
        "note": "" if logged.secret else logged.note.strip(),
        "letter_number": logged.letter_number.strip(),
        "in_person_reason": logged.reason,
        "in_person_note": "" if logged.secret else logged.reason_note.strip(),
        "booked_by": actor,
        "booked_at": now,
    }


def _delegation_rows(conference_id: int, ids: Sequence[int], units: Sequence[UnitPart]) -> list[dict[str, Any]]:
    return [
        {"id": i, "conference_id": conference_id, "unit_id": unit.unit_id, "unit_name": unit.name,
         "unit_short": unit.short, "level": unit.level, "counterpart_unit_id": unit.counterpart_id,
         "planned_mode": "in_person", "position": n}
        for n, (i, unit) in enumerate(zip(ids, units, strict=True))
    ]  # fmt: skip


def _attendance_rows(conference_id: int, ids: Sequence[int], logged: Logged, actor: str) -> list[dict[str, Any]]:
    return [
        {"delegation_id": i, "conference_id": conference_id, "mode": "in_person", "extent": "full",
         "first": logged.starts, "last": logged.ends, "seconds": int((logged.ends - logged.starts).total_seconds()),
         "evidence": "declared", "by": actor}
        for i in ids
    ]  # fmt: skip
