"""The booking form's page, for a new conference and for one that is changed; and its live answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.web import keys
from confsvc.web.errors import full_text
from confsvc.web.pages.answer import Answer, answer
from confsvc.web.pages.choices import (
    Places,
    form_options,
    kind_options,
    load_places,
    reason_options,
    seat_options,
    site_groups,
    unit_options,
)
from confsvc.web.pages.dates import Look, dates_context
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.offer import offer_view
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.pictures import picture_counts, picture_options
from confsvc.web.pages.repeat import NO_REPEAT, Repeat, repeat_values
from confsvc.web.pages.typed import parse_day
from confsvc.web.pages.ways import sittings_view, way_groups
from confsvc.web.pages.wish import ASK, Typed, Wish, wish_of
from confsvc.web.rendering import render
from rooms.errors import FieldError
from scheduler.booking.booking import Rules
from scheduler.booking.giving_way.rivals import NO_CONSENT, Consent, Preview
from scheduler.booking.templates import LONGEST_NAME
from scheduler.kinds import KINDS
from scheduler.local_time import local_day
from scheduler.models import Conference

CHECKED_LIVE = ("start", "end", "date", "sites", "top_profile", "repeat", "until", "times", "sessions")
"""Errors that the live answer names; what is merely not filled in yet waits for the button."""
ORDER = (
    "title", "kind", "host", "form", "in_person_reason", "in_person_note", "date", "start", "end",
    "repeat", "until", "times", "sessions", "dates",
    "short_notice_reason", "main", "sites", "units", "chair_name", "chair_title", "contact_name", "contact_phone",
    "chair_level", "chair_for", "chair_consent", "guests", "note", "letter_number", "verbal_order", "chair_mail",
    "no_secrets", "clash_confirmed",
    "top_profile",
)  # fmt: skip
"""The fields from top to bottom."""


TEMPLATES: Mapping[str, Any] = {
    "templates": (), "template": "", "left_out": (), "template_name": "", "template_replace": False,
    "template_saved": "",
}  # fmt: skip
"""What the form says of templates: those offered, the key of the one it was filled from, what of that (or of a meeting
that is booked again) is no longer there, the name to save it under, and the name under which it was saved."""


@dataclass(frozen=True)
class Target:
    """A series that is changed by the form: these dates of it. ``listed``: sessions that keep their times."""

    key: str
    title: str
    version: int
    scope: str
    since: str
    listed: bool
    state: str = "planned"


@dataclass(frozen=True)
class Asked:
    """One look at the form: what was typed, what it means, what would come of it. ``offer``: who would give way, for
    those who may take rooms from others. ``look``: what comes of each date when it repeats, ``touched``: how many."""

    typed: Typed
    places: Places
    wish: Wish
    answer: Answer
    offer: Preview | None = None
    consent: Consent = NO_CONSENT
    repeat: Repeat = NO_REPEAT
    look: Look | None = None
    touched: Mapping[str, int] = field(default_factory=dict)


def ask(
    db: Session, actor: Actor, typed: Typed, *, now: datetime, rules: Rules, permission: Permission,
    except_id: int = 0,
) -> Asked:  # fmt: skip
    """Read the form against the directory of its day and check it without booking."""
    day = parse_day(typed.date) or now.date()
    places = load_places(db, actor, permission, _sensible(day, now))
    wish = wish_of(typed, places, now=now, book=rules.book)
    return Asked(typed, places, wish, answer(db, wish, now=now, rules=rules, except_id=except_id))


def _sensible(day: date, now: datetime) -> date:
    """The directory of a mistyped year would be empty."""
    return day if abs((day - now.date()).days) < 3660 else now.date()


def form_page(
    request: web.Request, asked: Asked, *, errors: tuple[FieldError, ...] = (),
    conference: Conference | Target | None = None, status: int = 200, unsent: datetime | None = None,
    moved: bool = False, templates: Mapping[str, Any] | None = None,
) -> web.Response:  # fmt: skip
    """The whole page, everything typed kept. ``unsent``: when something was typed here that can be gone on with.
    ``moved``: another time was filled in that is not saved. ``templates``: of ``TEMPLATES`` what is known."""
    words = Phrases(request[keys.LANGUAGE])
    return render(
        request, "book.html", status=status, errors=error_texts(_in_order(errors), words), conference=conference,
        **form_context(request, asked, words), **answer_context(asked, words, base_of(conference), keys.rules(request)),
        moved=moved, **{**TEMPLATES, **(templates or {})}, longest=LONGEST_NAME,
        seen_at=keys.now(request).isoformat(), unsent=words.near(unsent, keys.now(request)) if unsent else "",
    )  # fmt: skip


def _in_order(errors: tuple[FieldError, ...]) -> list[FieldError]:
    """From top to bottom; without a kind the form is not asked for, since the kind may decide it,
    and nobody needs to say why the past is at short notice."""
    kind = any(error.field == "kind" for error in errors)
    past = any(error.code == "in_the_past" for error in errors)
    needless = {"choose_form"} if kind else set()
    kept = [e for e in errors if e.code not in needless and not (past and e.field == "short_notice_reason")]
    return sorted(kept, key=lambda error: ORDER.index(error.field) if error.field in ORDER else len(ORDER))


def form_context(request: web.Request, asked: Asked, words: Phrases) -> dict[str, Any]:
    typed, places = asked.typed, asked.places
    groups, hidden = site_groups(places, set(typed.sites), typed.find, words)
    rules, wish, day = keys.rules(request), asked.wish.booking, local_day(asked.wish.booking.starts)
    unit_id = wish.host_unit_id
    forms = {k.code: rules.book.choice("default_form", kind=k.code, unit_id=unit_id, day=day) for k in KINDS}
    return {
        "typed": typed, "kinds": kind_options(words, rules.book, day), "forms": form_options(words),
        "hosts": places.host_options(typed.host),
        "mains": places.main_options(typed.main),
        "groups": groups, "hidden_sites": hidden, "chosen_sites": len(typed.sites),
        "seats": seat_options(places, typed.seats, words),
        "units": unit_options([u for u in places.units if u.level != "commune"], set(typed.units)),
        "reasons": reason_options(words, without=("secret",)),
        "ask_kinds": " ".join(code for code, form in forms.items() if form == ASK),
        "min_notice": rules.book.whole("notice_days", kind=wish.kind or None, unit_id=unit_id, day=day),
        "bridge": bool(rules.bridges), "pictures": picture_options(rules.profiles, words),
        **repeat_values(asked.repeat, words),
    }  # fmt: skip


def _holders(asked: Asked, words: Phrases) -> list[tuple[str, str, list[str]]]:
    """Who holds until when, and which rooms: one line however many rooms one conference holds."""
    found: dict[tuple[str, str], list[str]] = {}
    for taken in asked.answer.taken:
        until = words.near(taken.ends, asked.wish.booking.starts)
        room = asked.places.room_by_id.get(taken.room_id)
        found.setdefault((taken.unit or "?", until), []).append(room.unit_short if room else taken.room)
    return [(unit, until, rooms) for (unit, until), rooms in found.items()]


def _clash(data: Mapping[str, Any], words: Phrases) -> str:
    starts, ends = (datetime.fromisoformat(data[name]) for name in ("starts", "ends"))
    return words.say(
        "%(name)s sits in a meeting of %(unit)s then: %(time)s", name=data["name"], unit=data["unit"] or "?",
        time=words.span(starts, ends),
    ) + (f" ({words.say('said before')})" if data.get("known") else "")  # fmt: skip


def _buffer(asked: Asked, rules: Rules, words: Phrases) -> str:
    """From when until when the rooms are held, and why that is longer than the meeting; "" when it is not."""
    times = asked.answer.times
    if times is None or (times.room_from, times.room_until) == (times.starts, times.ends):
        return ""
    said = f"{words.clock(times.room_from)}–{words.clock(times.room_until)}"
    needs = (
        ("%(minutes)s min to set up", _minutes(times.starts - times.room_from)),
        ("%(minutes)s min to clear", _minutes(times.room_until - times.ends)),
    )
    return ", ".join([said, *(words.say(need, minutes=minutes) for need, minutes in needs if minutes)])


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60


def base_of(conference: Conference | Target | None) -> str:
    """Under which address the form is saved and checked."""
    if isinstance(conference, Target):
        return f"/series/{conference.key}"
    return f"/conferences/{conference.key}" if conference else "/book"


def answer_context(asked: Asked, words: Phrases, base: str, rules: Rules) -> dict[str, Any]:
    """What the panel of the live answer needs."""
    told = [e for e in asked.answer.errors if e.field in CHECKED_LIVE and e.code != "required"]
    wish = asked.wish.booking
    return {
        "w": words, "base": base, "answer": asked.answer, "answer_errors": list(error_texts(told, words).values()),
        "when": words.span(wish.starts, wish.ends) if asked.answer.timed and asked.look is None else "",
        "ways": way_groups(asked.answer.ways, asked.places, words),
        "sittings": sittings_view(asked.answer.ways.sittings, words),
        "clashes": [_clash(warning.data, words) for warning in asked.answer.clashes],
        "clash_confirmed": asked.typed.clash_confirmed,
        "clashes_new": any(not warning.data.get("known") for warning in asked.answer.clashes),
        "holders": _holders(asked, words),
        "full": [full_text(full, words.language) for full in asked.answer.full],
        "picture_counts": picture_counts(asked.answer.profiles, rules.profiles, words),
        "offer": offer_view(asked.offer, asked.consent, words),
        "buffer": _buffer(asked, rules, words) if asked.look is None else "",
        **dates_context(asked.look, asked.places, words), "touched": asked.touched,
    }  # fmt: skip
