"""Reminders: sites' contacts and the chair are written to by the conference's rules; decided by the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler import outbox
from scheduler.conduct import queries
from scheduler.conduct.reminder_queries import find_last_told, find_reminded, list_reminded
from scheduler.conduct.reminding import BEFORE, is_of_use, settled_with
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.rule_queries import list_parents, list_rules
from scheduler.rulebook import RuleBook
from scheduler.telling.urgent import owe_urgent

REMINDER = "reminder"
PHONE_15 = "remind_15_phone"
ALIVE = ("planned", "provisioned", "open")


@dataclass(frozen=True)
class Reminded:
    """What the loop knows about reminders of one conference: which its rules wish, and when people were last told."""

    wished: frozenset[str] = frozenset()
    told: datetime | None = None


def reminders_of(db: Session, conference: Conference) -> Reminded:
    """Nobody is reminded of a demonstration, nor of what is no longer to come."""
    if conference.demo or conference.state not in ALIVE:
        return Reminded()
    rules = _rules(db, conference, (*BEFORE,))
    told = find_last_told(db, conference.uid) if conference.uid else None
    wished = frozenset(name for name, value in rules.items() if value)
    return Reminded(wished, max(told, conference.booked_at) if told else conference.booked_at)


def _rules(db: Session, conference: Conference, names: tuple[str, ...]) -> Mapping[str, bool]:
    rows = list_rules(db, names)
    book = RuleBook(rows, parents=list_parents(db) if any(row.unit_id is not None for row in rows) else {})
    day, unit_id = local_day(conference.starts), conference.host_unit_id
    return {name: book.flag(name, kind=conference.kind, unit_id=unit_id, day=day) for name in names}


def remind(db: Session, conference: Conference, act: str, *, now: datetime) -> int:
    """Take the reminder ``act`` unless it was taken for this start; how many mails are owed.

    One that comes too late to be of use is settled without a mail.
    """
    for step in settled_with(act) - {act}:
        queries.add_done(db, conference.id, step, conference.starts, now)
    if not queries.add_done(db, conference.id, act, conference.starts, now):
        return 0
    if not is_of_use(act, conference.starts, now):
        return 0
    expires = _until(db, conference, act, now)
    if act == "remind_15" and _rules(db, conference, (PHONE_15,))[PHONE_15]:
        owe_urgent(db, conference, "soon", mark=f"soon:{conference.starts.isoformat()}", now=now, expires=expires)
    rows = [_row(conference, act, mail, now, expires) for mail in list_reminded(db, conference.id)]
    return outbox.owe(db, rows)


def _until(db: Session, conference: Conference, act: str, now: datetime) -> datetime:
    """Until the next reminder that is wished, which says the same, else until the start."""
    wished = reminders_of(db, conference).wished
    later = [conference.starts - before for name, before in BEFORE.items() if name in wished and name != act]
    return min([at for at in later if at > now], default=conference.starts)


def _row(conference: Conference, act: str, mail: str, now: datetime, expires: datetime) -> dict[str, Any]:
    starts = conference.starts.isoformat()
    return {
        "kind": REMINDER, "key": f"{REMINDER}:{conference.id}:{act}:{starts}:{mail}",
        "chain": f"{REMINDER}:{conference.id}:{mail}", "conference_id": conference.id, "due": now, "expires": expires,
        "created": now,
        "payload": {"what": act, "mail": mail, "starts": starts, "at": now.replace(microsecond=0).isoformat()},
    }  # fmt: skip


def reminder_words(db: Session, conference_id: int, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a reminder says, read when it leaves; None when nobody needs it any more: the conference was called off or
    moved, has begun, or this person is no longer invited."""
    found = find_reminded(db, conference_id, str(payload["mail"]))
    if found is None or found.state not in ALIVE or found.starts.isoformat() != payload["starts"]:
        return None
    return {**payload, **found._asdict(), "starts": found.starts.isoformat(), "ends": found.ends.isoformat()}
