"""Registering a meeting that was held in person: eight things, under a minute, so that it counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.pages.choices import Places, kind_options, load_places, reason_options, unit_options
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.typed import Fields, list_field, parse_day, parse_time, text_field
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Booked
from scheduler.booking.log import Logged, log_in_person
from scheduler.local_time import instant, local_day

P = Permission.CONFERENCE_LOG
FIELD_OF = {"starts": "date", "ends": "end", "host_unit_id": "host"}


@dataclass(frozen=True)
class Typed:
    """Every field as text; units by code."""

    title: str = ""
    kind: str = ""
    host: str = ""
    date: str = ""
    start: str = ""
    end: str = ""
    reason: str = ""
    reason_note: str = ""
    place: str = ""
    letter_number: str = ""
    note: str = ""
    units: tuple[str, ...] = ()


def read_typed(form: Fields) -> Typed:
    names = [f.name for f in fields(Typed) if f.name != "units"]
    return Typed(**{name: text_field(form, name) for name in names}, units=tuple(list_field(form, "units")))


async def show(request: web.Request) -> web.Response:
    """GET /in-person: yesterday's working day, 08:00 to 11:00, the own office; host and kind may come along."""
    actor, now = keys.actor(request), keys.now(request)
    places = await request.app[keys.DATABASE].read(load_places, actor, P, local_day(now))
    host = places.unit_by_code.get(request.query.get("host", "")) or places.default_host()
    day = parse_day(request.query.get("day", "")) or keys.rules(request).calendar.previous_working_day(local_day(now))
    typed = Typed(
        host=host.code if host else "", date=f"{day:%d/%m/%Y}", start="08:00", end="11:00",
        kind=request.query.get("kind", "")[:40],
    )  # fmt: skip
    return _page(request, typed, places)


def _kinds(request: web.Request, words: Phrases) -> list[dict[str, object]]:
    return kind_options(words, keys.rules(request).book, local_day(keys.now(request)))


def _page(request: web.Request, typed: Typed, places: Places, errors: tuple[FieldError, ...] = ()) -> web.Response:
    words = Phrases(request[keys.LANGUAGE])
    renamed = [FieldError(_field(e.field), e.code, e.data) for e in errors]
    return render(
        request, "in_person.html", status=422 if errors else 200, w=words, typed=asdict(typed),
        errors=error_texts(renamed, words), kinds=_kinds(request, words),
        reasons=reason_options(words),
        hosts=places.host_options(typed.host),
        units=unit_options([u for u in places.units if u.level not in ("province", "commune")], set(typed.units)),
    )  # fmt: skip


def _field(name: str) -> str:
    name = name.partition(".")[0]
    return FIELD_OF.get(name, name)


async def save(request: web.Request) -> web.Response:
    """POST /in-person."""
    actor, now, database = keys.actor(request), keys.now(request), request.app[keys.DATABASE]
    typed = read_typed(await request.post())
    try:
        booked = await database.write(_log, actor, typed, now=now)
    except Invalid as problem:
        day = parse_day(typed.date) or local_day(now)
        places = await database.read(load_places, actor, P, day)
        return _page(request, typed, places, problem.errors)
    said = text("Registered. It counts as a meeting held in person.", request[keys.LANGUAGE])
    return redirect(request, f"/conferences/{booked.key}", flash=said, tone="ok")


def _log(db: Session, actor: Actor, typed: Typed, *, now: datetime) -> Booked:
    places = load_places(db, actor, P, parse_day(typed.date) or local_day(now))
    logged = _logged(typed, places)
    require(actor, P, logged.host_unit_id)
    return log_in_person(db, logged, actor=actor.text, now=now)


def _logged(typed: Typed, places: Places) -> Logged:
    """Raises Invalid for what cannot be read; the domain checks the rest."""
    errors: list[FieldError] = []
    host = places.unit_by_code.get(typed.host)
    if host not in places.hosts:
        errors.append(FieldError("host", "required" if not typed.host else "unknown_unit"))
    if not typed.kind:
        errors.append(FieldError("kind", "required"))
    if not typed.reason:
        errors.append(FieldError("reason", "required"))
    day, start, end = parse_day(typed.date), parse_time(typed.start), parse_time(typed.end)
    for name, value, code in (("date", day, "day_form"), ("start", start, "time_form"), ("end", end, "time_form")):
        if value is None:
            errors.append(FieldError(name, code if getattr(typed, name) else "required"))
    if not typed.units:
        errors.append(FieldError("units", "required"))
    if errors or host is None or day is None or start is None or end is None:
        raise Invalid(errors)
    units = [places.unit_by_code[code].id if code in places.unit_by_code else 0 for code in typed.units]
    return Logged(
        title=typed.title, kind=typed.kind, host_unit_id=host.id, starts=instant(day, start), ends=instant(day, end),
        unit_ids=tuple(units), reason=typed.reason, reason_note=typed.reason_note, place=typed.place,
        letter_number=typed.letter_number, note=typed.note,
    )  # fmt: skip
