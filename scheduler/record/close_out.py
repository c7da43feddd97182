"""The host says what came of a conference: held or not, and how each delegation attended. Corrections leave a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.conduct.queries import find_locked_by_key
from scheduler.errors import Stale, WrongMove
from scheduler.models import OUTCOMES, Attendance, Conference, Delegation
from scheduler.record import queries
from scheduler.record.record import actual, retally

MODES = ("online", "in_person", "phone", "absent")
MOST_HEADS = 5000
_SLACK = timedelta(hours=12)


@dataclass(frozen=True)
class Mark:
    """How one delegation attended: one of MODES, and with how many people, where known."""

    mode: str
    head_count: int | None = None


@dataclass(frozen=True)
class Result:
    """``outcome``: held, failed_online or not_held. ``attendance`` by delegation id; who is left out stays as it is.

    ``ran_from``, ``ran_until``: as it really ran; None means as booked.
    """

    outcome: str
    attendance: Mapping[int, Mark] = field(default_factory=dict)
    ran_from: datetime | None = None
    ran_until: datetime | None = None


def confirm_result(
    db: Session, key: str, result: Result, *, version: int, actor: str, now: datetime, reason: str | None = None
) -> None:
    """Write down what the host says, and measure anew. A later call corrects an earlier one.

    Where the host agrees with what the machine saw of a delegation, the machine's stronger evidence stays. Raises
    NotFound, Stale (changed since ``version``), WrongMove (it is not over), Invalid with every wrong field.
    """
    conference = find_locked_by_key(db, key)
    if conference is None:
        raise NotFound(kind="conference", key=key)
    if conference.version != version:
        raise Stale(version=conference.version)
    if conference.state not in ("ended", "recorded"):
        raise WrongMove(state=conference.state, to="confirmed")
    party = {d.id: d for d in queries.list_delegations(db, conference.id)}
    if errors := list(_errors(conference, party, result, now)):
        raise Invalid(errors)
    lines = queries.list_attendance(db, conference.id)
    before = _shown(conference, party, lines)
    values: dict[str, Any] = {
        "outcome": result.outcome, "outcome_evidence": "confirmed", "ran_from": result.ran_from,
        "ran_until": result.ran_until,
    }  # fmt: skip
    queries.set_result(db, conference.id, values, raise_version=True)
    db.refresh(conference)
    _write_lines(db, conference, lines, result, actor)
    queries.set_head_counts(db, {d: mark.head_count for d, mark in result.attendance.items()})
    for delegation in party.values():
        db.refresh(delegation)
    retally(db, conference.counted_with)
    after = _shown(conference, party, queries.list_attendance(db, conference.id))
    add_change(
        db, "conference", conference.id, "result", actor=actor, now=now, reason=reason,
        before={k: v for k, v in before.items() if after[k] != v},
        after={k: v for k, v in after.items() if before[k] != v},
    )  # fmt: skip
    poke(db, f"conference:{conference.id}")


def _errors(
    conference: Conference, party: Mapping[int, Delegation], result: Result, now: datetime
) -> Iterator[FieldError]:
    if result.outcome not in OUTCOMES or result.outcome == "unknown":
        yield FieldError("outcome", "unknown_value")
    for delegation_id, mark in result.attendance.items():
        name = f"attendance.{delegation_id}"
        if delegation_id not in party:
            yield FieldError(name, "no_such_delegation")
        elif mark.mode not in MODES:
            yield FieldError(f"{name}.mode", "unknown_value")
        elif mark.head_count is not None and not 0 <= mark.head_count <= MOST_HEADS:
            yield FieldError(f"{name}.head_count", "out_of_range", {"low": 0, "high": MOST_HEADS})
    low, high = conference.starts - _SLACK, min(conference.latest_end + _SLACK, now)
    for name, at in (("ran_from", result.ran_from), ("ran_until", result.ran_until)):
        if at is not None and not low <= at <= high:
            yield FieldError(name, "out_of_range", {"low": low.isoformat(), "high": high.isoformat()})
    if (result.ran_from or conference.starts) >= (result.ran_until or conference.ends):
        yield FieldError("ran_until", "before_start")


def _write_lines(
    db: Session, conference: Conference, lines: Mapping[int, Attendance], result: Result, actor: str
) -> None:
    starts, ends = actual(conference)
    rows = {d: _row(line) for d, line in lines.items()}
    for delegation_id, mark in result.attendance.items():
        old = rows.get(delegation_id)
        if old is not None and old["mode"] == mark.mode:
            continue
        there = mark.mode != "absent"
        rows[delegation_id] = {
            "delegation_id": delegation_id, "conference_id": conference.id, "mode": mark.mode,
            "extent": "full" if there else "none", "first": starts if there else None, "last": ends if there else None,
            "seconds": int((ends - starts).total_seconds()) if there else 0, "evidence": "confirmed", "by": actor,
        }  # fmt: skip
    queries.set_attendance(db, conference.id, list(rows.values()), only=None)


def _row(line: Attendance) -> dict[str, Any]:
    return {c.name: getattr(line, c.name) for c in Attendance.__table__.columns if c.name != "id"}


def _shown(conference: Conference, party: Mapping[int, Delegation], lines: Mapping[int, Attendance]) -> dict[str, Any]:
    """The result as JSON, for the change row."""
    shown: dict[str, Any] = {"outcome": conference.outcome, "evidence": conference.outcome_evidence}
    for name in ("ran_from", "ran_until"):
        at = getattr(conference, name)
        shown[name] = at.isoformat() if at else None
    for delegation in party.values():
        line = lines.get(delegation.id)
        shown[f"unit:{delegation.unit_id}"] = {"mode": line.mode if line else None, "heads": delegation.head_count}
    return shown
