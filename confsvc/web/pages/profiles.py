"""The picture qualities and what they cost: everybody reads them, administrators change them, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, may, require
from confsvc.web import keys
from confsvc.web.errors import field_text
from confsvc.web.pages.form import Form, read_form
from confsvc.web.pages.pictures import picture_word
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid
from scheduler.booking.place.capacity import DEFAULT_PROFILES, UNKNOWN_DOWN, UNKNOWN_UP, Profile
from scheduler.booking.place.capacity_queries import list_profiles
from scheduler.booking.place.profile_acts import LIMITS, MOST, SOUND, put_profiles

P = Permission.RULES_EDIT
PAGE = "/rules/profiles"
FIGURES = tuple(LIMITS)
SIZES = (2, 11, 31)
"""Examples of how many sites take part."""


@dataclass(frozen=True)
class Row:
    """A row of the form as typed; ``number``: its place."""

    number: int
    code: str
    values: Mapping[str, str]

    @property
    def sound(self) -> bool:
        return self.code == SOUND


async def show(request: web.Request) -> web.Response:
    """GET /rules/profiles."""
    profiles = await request.app[keys.DATABASE].read(_profiles)
    return await _page(request, profiles, _rows(profiles), {})


def _profiles(db: Session) -> tuple[Profile, ...]:
    return list_profiles(db) or DEFAULT_PROFILES


def _rows(profiles: Sequence[Profile]) -> list[Row]:
    """What is there, with an empty row before sound alone for one that is added."""
    rows = [Row(n, one.code, {name: str(getattr(one, name)) for name in FIGURES}) for n, one in enumerate(profiles)]
    if len(rows) < MOST:
        rows.insert(len(rows) - 1, Row(len(rows), "", dict.fromkeys(FIGURES, "")))
    return [Row(n, row.code, row.values) for n, row in enumerate(rows)]


async def _page(
    request: web.Request, profiles: Sequence[Profile], rows: Sequence[Row], errors: Mapping[str, str]
) -> web.Response:
    words = Words(request[keys.LANGUAGE])
    shown = [(one, picture_word(one, words), [one.down(size) for size in SIZES]) for one in profiles]
    heads = [(words("Down with %(count)s sites", count=size), "num") for size in SIZES]
    return render(
        request, "profiles.html", status=422 if errors else 200, w=words, profiles=shown, down_heads=heads,
        rows=rows, errors=errors, sizes=SIZES, limits=LIMITS, unknown=(UNKNOWN_UP, UNKNOWN_DOWN),
        edits=may(keys.actor(request), P),
    )  # fmt: skip


async def save(request: web.Request) -> web.Response:
    """POST /rules/profiles: the whole table; a row without a name is left out."""
    actor, words = keys.actor(request), Words(request[keys.LANGUAGE])
    require(actor, P)
    form = await read_form(request)
    rows = [row for row in _typed(form) if row.code]
    try:
        wished = [_profile(form, row) for row in rows]
        form.done()
        changed = await request.app[keys.DATABASE].write(
            put_profiles, wished, actor=actor.text, now=keys.now(request)
        )  # fmt: skip
    except Invalid as problem:
        errors = {_field(error.field, rows): field_text(error, words.language) for error in reversed(problem.errors)}
        return await _page(request, await request.app[keys.DATABASE].read(_profiles), _typed(form), errors)
    await request.app[keys.STANDING].read_again()
    said = "The pictures are changed; what is booked keeps its own." if changed else "Nothing was changed."
    return redirect(request, PAGE, flash=words(said), tone="ok")


def _typed(form: Form) -> list[Row]:
    return [
        Row(n, form.text(f"code-{n}", 40), {name: form.text(f"{name}-{n}", 12) for name in FIGURES})
        for n in range(MOST)
        if f"code-{n}" in form.values
    ]


def _profile(form: Form, row: Row) -> Profile:
    height, kbps_up, last_n = (form.number(f"{name}-{row.number}", required=True) or 0 for name in FIGURES)
    return Profile(row.code, height, kbps_up, last_n)


def _field(name: str, rows: Sequence[Row]) -> str:
    """The form's field of an error under ``profiles.N.name``, where N counts the rows that have a name."""
    parts = name.split(".")
    return f"{parts[2]}-{rows[int(parts[1])].number}" if len(parts) == 3 else name
