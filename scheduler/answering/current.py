"""Which answer counts: of one date its own or that to all dates, whichever was given later, and none that was given to
an older version while there is a newer one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.answering.queries import list_answers, set_answers_old, set_proposals_accepted
from scheduler.models import Answer


def counting(answers: Iterable[Answer], part: datetime | None) -> dict[str, Answer]:
    """By address, the answer that counts for one date (its original start), or for all (None).  (pure)"""
    found: dict[str, Answer] = {}
    for one in answers:
        if one.recurrence_id is not None and one.recurrence_id != part:
            continue
        best = found.get(one.mail)
        if best is None or _weight(one) > _weight(best):
            found[one.mail] = one
    return found


def _weight(one: Answer) -> tuple[bool, float, bool]:
    said = one.reply_dtstamp or one.received_at
    return not one.old_version, said.timestamp(), one.recurrence_id is not None


def with_answers(db: Session, uid: str, content: dict[str, Any]) -> dict[str, Any]:
    """An edition's content whose guests carry what they answered, so that calendars which take answers from the mail
    keep them (RFC 5546 3.2.2): "partstat", "delegated_to", "delegated_from"."""
    answers = list_answers(db, uid)
    if not answers:
        return content
    said = {**content, "guests": _answered(content, answers)}
    if "overrides" in content:
        said["overrides"] = [{**one, "guests": _answered(one, answers)} for one in content["overrides"]]
    return said


def _answered(content: Mapping[str, Any], answers: Iterable[Answer]) -> list[dict[str, Any]]:
    part = content.get("recurrence_id")
    now = counting(answers, datetime.fromisoformat(part) if part else None)
    here = {str(guest["mail"]) for guest in content["guests"]}
    valid = {mail: one for mail, one in now.items() if not one.old_version}
    deputies = {
        one.delegated_to: mail for mail, one in valid.items() if one.partstat == "DELEGATED" and one.delegated_to
    }
    guests = []
    for guest in content["guests"]:
        more: dict[str, Any] = {}
        mine = valid.get(guest["mail"])
        if mine is not None and mine.partstat != "DELEGATED":
            more["partstat"] = mine.partstat
        elif mine is not None and mine.delegated_to in here:
            more |= {"partstat": mine.partstat, "delegated_to": mine.delegated_to}
        if deputies.get(guest["mail"]) in here:
            more["delegated_from"] = deputies[guest["mail"]]
        guests.append({**guest, **more})
    return guests


def void_answers(db: Session, uid: str, content: Mapping[str, Any], *, now: datetime) -> None:
    """A change of the time, or of anything else that makes answers void, is told: what was answered was about another
    version; who proposed just this time has been heard."""
    part = content.get("recurrence_id")
    date = datetime.fromisoformat(part) if part else None
    set_answers_old(db, uid, date)
    times = [datetime.fromisoformat(content[name]) for name in ("starts", "ends")]
    set_proposals_accepted(db, uid, date, times, now)
