"""Closing out: the host says what came of it; what the machine saw is filled in, only differences are typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.pages.edit import read_version, stale
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import OUTCOMES, Phrases
from confsvc.web.pages.sight import find_seen, may_confirm
from confsvc.web.pages.typed import Fields, parse_time, text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid, NotAllowed
from scheduler.booking.reading import PartView, part_views
from scheduler.errors import Stale, WrongMove
from scheduler.local_time import instant, local_day
from scheduler.models import Conference
from scheduler.record.close_out import MODES, Mark, Result, confirm_result

CHOICES = ("held", "failed_online", "not_held")


@dataclass(frozen=True)
class Row:
    """One delegation's line in the form. ``seen``: what the machine or somebody said before, in words."""

    id: int
    name: str
    mode: str
    heads: str
    seen: str


async def show(request: web.Request) -> web.Response:
    """GET /conferences/{key}/result."""
    return await _page(request, None)


async def _page(request: web.Request, fields: Fields | None, errors: tuple[FieldError, ...] = ()) -> web.Response:
    words = Phrases(request[keys.LANGUAGE])
    conference, parts = await request.app[keys.DATABASE].read(_load, keys.actor(request), request.match_info["key"])
    values = _values(conference) if fields is None else {
        name: text_field(fields, name) for name in ("outcome", "ran_from", "ran_until", "reason")
    }  # fmt: skip
    said = {_field(name): words_ for name, words_ in error_texts(errors, words).items()}
    return render(
        request, "conference_result.html", status=422 if errors else 200, w=words, conference=conference,
        rows=[_row(conference, part, fields, words) for part in parts], values=values, errors=said,
        outcomes=[(code, words.say(OUTCOMES[code])) for code in CHOICES], modes=[(m, words.mode(m)) for m in MODES],
        seen_at=keys.now(request).isoformat(), corrects=conference.outcome_evidence in ("confirmed", "declared"),
    )  # fmt: skip


def _load(db: Session, actor: Actor, key: str) -> tuple[Conference, list[PartView]]:
    conference = find_seen(db, actor, key)
    if not may_confirm(actor, conference):
        raise NotAllowed(permission="result.confirm")
    if conference.state not in ("ended", "recorded"):
        raise WrongMove(state=conference.state, to="confirmed")
    return conference, part_views(db, conference)


def _values(conference: Conference) -> dict[str, str]:
    clock = Phrases("vi").clock
    outcome = conference.outcome if conference.outcome in CHOICES else ""
    return {
        "outcome": outcome, "ran_from": clock(conference.ran_from or conference.starts),
        "ran_until": clock(conference.ran_until or conference.ends), "reason": "",
    }  # fmt: skip


def _row(conference: Conference, part: PartView, fields: Fields | None, words: Phrases) -> Row:
    delegation, line = part.delegation, part.attendance
    mode = line.mode if line else ("in_person" if delegation.planned_mode == "in_person" else "")
    heads = "" if delegation.head_count is None else str(delegation.head_count)
    if fields is not None:
        mode, heads = text_field(fields, f"mode.{delegation.id}"), text_field(fields, f"heads.{delegation.id}")
    seen = ""
    if line is not None:
        stay = words.minutes(line.seconds) if line.mode == "online" else ""
        seen = " – ".join(filter(None, (words.mode(line.mode), stay, words.evidence(line.evidence))))
    elif conference.form != "in_person" and delegation.planned_mode == "online":
        seen = words.say("The system saw nothing of it")
    return Row(delegation.id, delegation.unit_short, mode, heads, seen)


def _field(name: str) -> str:
    """attendance.12.mode stands at the field mode.12."""
    parts = name.split(".")
    if parts[0] != "attendance":
        return name
    return f"{'heads' if parts[-1] in ('head_count', 'heads') else 'mode'}.{parts[1]}"


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/result."""
    fields, key = await request.post(), request.match_info["key"]
    try:
        await request.app[keys.DATABASE].write(_confirm, keys.actor(request), key, fields, now=keys.now(request))
    except Invalid as problem:
        return await _page(request, fields, problem.errors)
    except Stale:
        return await stale(request, fields)
    said = text("The result is confirmed. Thank you.", request[keys.LANGUAGE])
    return redirect(request, f"/conferences/{key}", flash=said, tone="ok")


def _confirm(db: Session, actor: Actor, key: str, fields: Fields, *, now: datetime) -> None:
    conference, parts = _load(db, actor, key)
    errors: list[FieldError] = []
    result = Result(
        outcome=text_field(fields, "outcome"), attendance=_marks(fields, parts, errors),
        **_ran(conference, fields, errors),
    )  # fmt: skip
    if result.outcome not in CHOICES:
        errors.insert(0, FieldError("outcome", "unknown_value"))
    reason = text_field(fields, "reason")
    if not reason and conference.outcome_evidence in ("confirmed", "declared"):
        errors.append(FieldError("reason", "required"))
    if errors:
        raise Invalid(errors)
    confirm_result(
        db, key, result, version=read_version(fields), actor=actor.text, now=now, reason=reason[:500] or None
    )


def _marks(fields: Fields, parts: list[PartView], errors: list[FieldError]) -> Mapping[int, Mark]:
    """A mode for every delegation that has one chosen; head counts where they were typed."""
    marks: dict[int, Mark] = {}
    for part in parts:
        number = part.delegation.id
        mode, heads = text_field(fields, f"mode.{number}"), text_field(fields, f"heads.{number}")
        if heads and not (heads.isascii() and heads.isdecimal() and len(heads) < 6):
            errors.append(FieldError(f"attendance.{number}.heads", "whole_number"))
        elif mode:
            marks[number] = Mark(mode, int(heads) if heads else None)
        elif part.attendance is None:
            errors.append(FieldError(f"attendance.{number}.mode", "choose_mode", {"unit": part.delegation.unit_short}))
    return marks


def _ran(conference: Conference, fields: Fields, errors: list[FieldError]) -> dict[str, Any]:
    """Begin and end as it really ran, None where that is as booked."""
    found: dict[str, Any] = {}
    for name, booked in (("ran_from", conference.starts), ("ran_until", conference.ends)):
        typed = text_field(fields, name)
        clock = parse_time(typed) if typed else None
        if typed and clock is None:
            errors.append(FieldError(name, "time_form"))
        moment = instant(local_day(booked), clock) if clock else None
        same = moment is None or moment == booked.replace(second=0, microsecond=0)
        found[name] = None if same else moment
    return found
