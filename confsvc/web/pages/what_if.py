"""What if: can all units of some groups sit at once? Against rooms, lines and the video host, without booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.web import keys
from confsvc.web.errors import field_text, full_text
from confsvc.web.pages.choices import GROUPS, Places, load_places
from confsvc.web.pages.pictures import picture_counts, picture_options
from confsvc.web.pages.typed import Fields, list_field, parse_day, parse_time, text_field
from confsvc.web.pages.ways import address
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.errors import FieldError
from scheduler.booking.booking import Rules
from scheduler.booking.ways.what_if import Look, Question, WhatIf, what_if
from scheduler.local_time import LOCAL, instant, local_day

P = Permission.CONFERENCE_BOOK
LONGEST = timedelta(hours=12)
MOST_NAMED = 12


@dataclass(frozen=True)
class Asked:
    """The form as typed, and the question it makes; without groups, or with ``errors``, there is none."""

    groups: tuple[str, ...]
    date: str
    start: str
    end: str
    top_profile: str
    span: tuple[datetime, datetime] | None
    errors: tuple[FieldError, ...]


async def show(request: web.Request) -> web.Response:
    """GET /what-if: ``groups``, ``date``, ``start``, ``end``, ``top_profile`` ask."""
    words, rules, now = Words(request[keys.LANGUAGE]), keys.rules(request), keys.now(request)
    asked = _read(request.query, rules, now)
    found = await request.app[keys.DATABASE].read(_ask, keys.actor(request), asked, rules=rules, now=now)
    errors = {error.field: field_text(error, words.language) for error in reversed(asked.errors)}
    return render(
        request, "what_if.html", w=words, typed=asked, errors=errors, found=found,
        groups=[{"value": code, "label": words(label), "checked": code in asked.groups} for code, label, _ in GROUPS],
        pictures=picture_options(rules.profiles, words), answer=_answer(found, rules, words) if found else None,
    )  # fmt: skip


def _read(query: Fields, rules: Rules, now: datetime) -> Asked:
    ahead = rules.calendar.next_working_day(local_day(now))
    texts = {"date": f"{ahead:%d/%m/%Y}", "start": "08:00", "end": "10:00"}
    texts |= {name: text_field(query, name) for name in texts if name in query}
    day, start, end = parse_day(texts["date"]), parse_time(texts["start"]), parse_time(texts["end"])
    errors = [FieldError("date", "not_a_date")] if day is None else []
    errors += [FieldError(name, "time_form") for name, clock in (("start", start), ("end", end)) if clock is None]
    span = (instant(day, start), instant(day, end)) if day and start and end else None
    if span and not timedelta(0) < span[1] - span[0] <= LONGEST:
        errors.append(FieldError("end", "before_start"))
    elif span and abs((span[0] - now).days) > rules.horizon_days:
        errors.append(FieldError("date", "too_far_ahead", {"days": rules.horizon_days}))
    known = {code for code, *_ in GROUPS}
    groups = tuple(group for group in list_field(query, "groups") if group in known)
    top = text_field(query, "top_profile")
    top = top if top in {profile.code for profile in rules.profiles} else ""
    return Asked(groups, texts["date"], texts["start"], texts["end"], top, span if not errors else None, tuple(errors))


def _ask(db: Session, actor: Actor, asked: Asked, *, rules: Rules, now: datetime) -> WhatIf | None:
    places: Places = load_places(db, actor, P, asked.span[0].astimezone(LOCAL).date() if asked.span else local_day(now))
    host = places.default_host()
    if asked.span is None or not asked.groups or host is None:
        return None
    levels = tuple(level for code, _, levels in GROUPS for level in levels if code in asked.groups)
    return what_if(db, Question(levels, host.id, *asked.span, asked.top_profile), rules=rules)


def _answer(found: WhatIf, rules: Rules, words: Words) -> dict[str, object]:
    """The answer in words: what is missing, what is full, the host's share, and a way to book each sitting."""
    names = {room.id: room.unit_short for room in found.whole.rooms}
    return {
        "pictures": picture_counts(found.whole.profiles, rules.profiles, words),
        "roomless": _named([unit.short for unit in found.roomless], words),
        "lineless": _named([room.unit_short for room in found.lineless], words),
        "taken": _named([names.get(one.room_id, one.room) for one in found.whole.taken], words),
        "full": [full_text(full, words.language) for full in found.whole.full[:MOST_NAMED]],
        "sittings": [
            {"look": look, "when": words.span(look.starts, look.ends), "href": _booking(look),
             "pictures": picture_counts(look.profiles, rules.profiles, words), "names": _ends(look)}
            for look in found.sittings
        ],
    }  # fmt: skip


def _named(names: list[str], words: Words) -> str:
    unique = list(dict.fromkeys(names))
    said = ", ".join(unique[:MOST_NAMED])
    more = len(unique) - MOST_NAMED
    return f"{said} {words('and %(count)s more', count=more)}" if more > 0 else said


def _ends(look: Look) -> tuple[str, str]:
    """The first and the last office of a sitting, after the main site."""
    others = look.rooms[1:] or look.rooms
    return (others[0].unit_short, others[-1].unit_short) if others else ("", "")


def _booking(look: Look) -> str:
    starts, ends = look.starts.astimezone(LOCAL), look.ends.astimezone(LOCAL)
    pairs = [("day", f"{starts:%Y-%m-%d}"), ("start", f"{starts:%H:%M}"), ("end", f"{ends:%H:%M}")]
    pairs += [("main", room.key) for room in look.rooms[:1]] + [("sites", room.key) for room in look.rooms[1:]]
    return address("/book", pairs)
