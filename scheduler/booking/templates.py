"""Templates (mẫu): what an office books again and again, kept under a name that it has once.

A template is a wish without its day: never a date, a letter, a reason or what was declared, since these hold for one
meeting alone. Rooms and offices are kept by id; what is no longer there on the day that is wished is left out when the
form is filled, and said. It belongs to the office; whoever may book for the office may use and change it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.names import tidy
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.conference_rows import new_conference_key
from scheduler.booking.series.wish import minutes_of, wish_at, wish_data
from scheduler.booking.templates_queries import (
    add_template,
    count_templates,
    delete_template,
    find_named,
    find_template,
    lock_office,
    set_template,
)
from scheduler.booking.validation import field_errors, is_shown
from scheduler.local_time import LOCAL, instant
from scheduler.models import BookingTemplate

MOST = 50
"""Templates that an office has."""
LONGEST_NAME = 80
SHORTEST, LONGEST = 1, 24 * 60
"""Minutes that a template lasts."""


def as_new(booking: Booking) -> Booking:
    """(pure) The same without what holds for that meeting alone: letter, reasons, what was declared and agreed."""
    return replace(
        booking, letter_number="", short_notice_reason=None, no_secrets=False, chair_consent="", verbal_order="",
        clash_confirmed=False,
    )  # fmt: skip


def wish_on(template: BookingTemplate, day: date) -> Booking:
    """(pure) What the template books on a day, at its usual time."""
    starts = instant(day, time(template.clock // 60, template.clock % 60))
    return wish_at(template.wish, starts, template.minutes)


def save_template(
    db: Session, name: str, booking: Booking, *, replaces: bool = False, actor: str, now: datetime, rules: Rules
) -> str:
    """Keep ``booking`` as a template of its host, with its time of day; its key. ``replaces``: in place of the one of
    that name. Raises Invalid: what is wrong with name or wish; the name is taken; the office has ``MOST``."""
    errors = [*_name_errors(name), *_wish_errors(booking, now=now, rules=rules)]
    if errors:
        raise Invalid(errors)
    lock_office(db, booking.host_unit_id)
    there = find_named(db, booking.host_unit_id, _name_key(name))
    if there is not None and not replaces:
        raise Invalid([FieldError("name", "taken")])
    if there is None and count_templates(db, booking.host_unit_id) >= MOST:
        raise Invalid([FieldError("name", "too_many", {"max": MOST})])
    local = booking.starts.astimezone(LOCAL)
    values: dict[str, Any] = {
        "name": _name(name), "clock": local.hour * 60 + local.minute, "minutes": minutes_of(booking),
        "wish": wish_data(as_new(booking)), "saved_by": actor, "saved_at": now,
    }  # fmt: skip
    if there is not None:
        set_template(db, there.id, values)
        _noted(db, there, "changed", actor=actor, now=now, after=_audited(values))
        return there.key
    key = new_conference_key()
    more = {"key": key, "unit_id": booking.host_unit_id, "name_key": _name_key(name)}
    template_id = add_template(db, values | more)
    after = _audited(values) | {"unit_id": booking.host_unit_id}
    add_change(db, "template", template_id, "saved", actor=actor, now=now, after=after)
    return key


def rename_template(db: Session, template: BookingTemplate, name: str, *, actor: str, now: datetime) -> None:
    """Raises Invalid when the name is wrong or another template of the office has it."""
    errors = list(_name_errors(name))
    if errors:
        raise Invalid(errors)
    lock_office(db, template.unit_id)
    there = find_named(db, template.unit_id, _name_key(name))
    if there is not None and there.id != template.id:
        raise Invalid([FieldError("name", "taken")])
    before = {"name": template.name}
    set_template(db, template.id, {"name": _name(name), "name_key": _name_key(name)})
    _noted(db, template, "renamed", actor=actor, now=now, before=before, after={"name": _name(name)})


def drop_template(db: Session, template: BookingTemplate, *, actor: str, now: datetime) -> None:
    """What was booked with it stays."""
    delete_template(db, template.id)
    _noted(db, template, "deleted", actor=actor, now=now, before={"name": template.name, "unit_id": template.unit_id})


def known_template(db: Session, key: str) -> BookingTemplate:
    """Raises NotFound."""
    found = find_template(db, key)
    if found is None:
        raise NotFound(kind="template", key=key)
    return found


def _noted(db: Session, template: BookingTemplate, act: str, **said: Any) -> None:
    add_change(db, "template", template.id, act, **said)


def _audited(values: dict[str, Any]) -> dict[str, Any]:
    return {"name": values["name"], "title": values["wish"]["title"], "rooms": list(values["wish"]["room_ids"])}


def _name(name: str) -> str:
    return " ".join(tidy(name).split())


def _name_key(name: str) -> str:
    return _name(name).casefold()


def _name_errors(name: str) -> Iterator[FieldError]:
    if not _name_key(name):
        yield FieldError("name", "required")
    elif len(_name(name)) > LONGEST_NAME:
        yield FieldError("name", "too_long", {"max": LONGEST_NAME})
    elif not is_shown(name):
        yield FieldError("name", "not_text")


def _wish_errors(booking: Booking, *, now: datetime, rules: Rules) -> Iterator[FieldError]:
    """A template may lack what only a booking needs, as a draft may; its day is nobody's business."""
    yield from (
        error
        for error in field_errors(as_new(booking), now=now, rules=rules, draft=True, moved=False)
        if error.code != "too_far_ahead"
    )
    if booking.ends - booking.starts > timedelta(minutes=LONGEST):
        yield FieldError("ends", "too_long_sitting", {"hours": LONGEST // 60, "by": "default"})
    if 0 in booking.room_ids:
        yield FieldError("sites", "no_such_room")
