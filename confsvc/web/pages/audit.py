"""The log of changes: who did what, when, to what, before and after. Append only, so there is nothing to edit here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, require
from confsvc.web import keys
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.audit_subjects import About, list_subjects
from confsvc.web.pages.rule_words import NAMES as RULES
from confsvc.web.pages.typed import parse_day
from confsvc.web.pages.words import SUBJECTS, Words
from confsvc.web.rendering import render
from integrations.documents.sheets import write_csv
from rooms.change_queries import ChangeFilter, list_changes
from rooms.errors import NotFound
from rooms.models import Change
from rooms.names import tidy
from rooms.queries import list_names
from scheduler.local_time import instant

PAGE, MOST_ROWS = 40, 10_000


@dataclass(frozen=True)
class Asked:
    """What the address asks for, as typed; ``before`` is the cursor."""

    subject: str
    actor: str
    since: str
    until: str
    q: str
    before: int | None

    def address(self, path: str = "/audit", **changes: Any) -> str:
        values = {
            "subject": self.subject, "actor": self.actor, "from": self.since, "to": self.until, "q": self.q, **changes,
        }  # fmt: skip
        kept = {name: value for name, value in values.items() if value not in ("", None)}
        return f"{path}?{urlencode(kept)}" if kept else path

    def filter(self) -> ChangeFilter:
        """Days are the province's, both inclusive; one that is none is left out."""
        kind, _, number = self.subject.partition(":")
        if self.subject and (kind not in SUBJECTS or (number and not _is_number(number))):
            raise NotFound
        since, until = _midnight(self.since), _midnight(self.until, days=1)
        return ChangeFilter(kind, int(number) if number else None, self.actor, since, until, self.q)


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) < 19


def _midnight(typed: str, *, days: int = 0) -> datetime | None:
    day = parse_day(typed)
    return instant(day + timedelta(days=days)) if day else None


def _asked(request: web.Request) -> Asked:
    query, before = request.query, request.query.get("before", "")
    if before and not _is_number(before):
        raise NotFound
    return Asked(
        query.get("subject", "").strip()[:40], tidy(query.get("actor", ""))[:40], query.get("from", "").strip()[:10],
        query.get("to", "").strip()[:10], tidy(query.get("q", ""))[:100], int(before) if before else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One field of a change; None: it was not there."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Entry:
    """One change in words."""

    row: Change
    who: str
    about: About
    parts: tuple[Part, ...]


async def audit(request: web.Request) -> web.Response:
    """The log, newest first."""
    require(keys.actor(request), Permission.AUDIT_READ)
    wanted, words = _asked(request), Words(request[keys.LANGUAGE])
    entries = await request.app[keys.DATABASE].read(_read, wanted, words, PAGE + 1)
    more = entries[PAGE - 1].row.id if len(entries) > PAGE else None
    return render(
        request, "audit.html", w=words, entries=entries[:PAGE], more=more, asked=wanted, most=MOST_ROWS,
        kinds=[(kind, words.subject(kind)) for kind in SUBJECTS],
    )  # fmt: skip


def _read(db: Session, wanted: Asked, words: Words, limit: int) -> list[Entry]:
    rows = list_changes(db, wanted.filter(), before=wanted.before, limit=limit)
    names = list_actor_names(db, {row.actor for row in rows}, words)
    subjects = list_subjects(db, {(row.subject_kind, row.subject_id) for row in rows})
    units = {unit_id: name.short for unit_id, name in list_names(db, _unit_ids(rows), date.max).items()}
    unknown = About("", "")
    return [
        Entry(
            row,
            names[row.actor],
            subjects.get((row.subject_kind, row.subject_id), unknown),
            parts_of(row, words, units),
        )
        for row in rows
    ]


def _unit_ids(rows: Sequence[Change]) -> set[int]:
    sides = [side for row in rows for side in (row.before, row.after) if side]
    return {side["unit_id"] for side in sides if isinstance(side.get("unit_id"), int)}


def parts_of(row: Change, words: Words, units: Mapping[int, str]) -> tuple[Part, ...]:
    """The fields that a change touched; those that stayed, and the subject's own number, left out."""
    before, after = row.before or {}, row.after or {}
    names = [*before, *(name for name in after if name not in before)]
    return tuple(
        Part(words.field(name), _shown(before, name, words, units), _shown(after, name, words, units))
        for name in names
        if before.get(name) != after.get(name) and name != f"{row.subject_kind}_id"
    )


def _shown(side: Mapping[str, Any], name: str, words: Words, units: Mapping[int, str]) -> str | None:
    if name not in side:
        return None
    value = side[name]
    if isinstance(value, bool):
        return words("yes") if value else words("no")
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict) for part in value)):
        return json.dumps(value, ensure_ascii=False)[:300]
    if name in ("due", "at", "revoked_at") and isinstance(value, str):
        return words.moment(datetime.fromisoformat(value))
    if name in ("valid_from", "valid_to", "on") and isinstance(value, str):
        return words.date(date.fromisoformat(value[:10]))
    if name == "unit_id" and value in units:
        return units[value]
    if name == "function":
        return words.function(str(value))
    if name == "what" and value in RULES:
        return words(RULES[value])
    return words.value(name, value)[:300]


async def export(request: web.Request) -> web.Response:
    """The same choice as CSV for spreadsheets, at most MOST_ROWS lines, the newest."""
    require(keys.actor(request), Permission.AUDIT_READ)
    wanted, words = replace(_asked(request), before=None), Words(request[keys.LANGUAGE])
    rows, names = await request.app[keys.DATABASE].read(_read_all, wanted, words)
    body = _csv(rows, names)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)


def _read_all(db: Session, wanted: Asked, words: Words) -> tuple[list[Change], dict[str, str]]:
    rows = list_changes(db, wanted.filter(), limit=MOST_ROWS)
    return rows, list_actor_names(db, {row.actor for row in rows}, words)


def _csv(rows: Sequence[Change], names: Mapping[str, str]) -> bytes:
    headings = ("id", "at", "actor", "name", "subject", "subject_id", "act", "before", "after", "reason")
    values = (
        (str(row.id), row.at.isoformat(), row.actor, names[row.actor], row.subject_kind, str(row.subject_id), row.act,
         _json(row.before), _json(row.after), row.reason or "")
        for row in rows
    )  # fmt: skip
    return write_csv([headings, *values])


def _json(value: dict[str, Any] | None) -> str:
    return json.dumps(value, ensure_ascii=False) if value is not None else ""
