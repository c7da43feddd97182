"""Add, change, confirm and retire people and the role mailboxes of offices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.changes import add_change
from rooms.errors import NotFound
from rooms.fields import Checks
from rooms.models import Person
from rooms.names import search_key, sort_key
from rooms.place_queries import find_person, list_people, set_person
from rooms.queries import find_unit

LANGUAGES = ("vi", "en")


@dataclass(frozen=True)
class PersonWish:
    """Somebody as a person types it. A contact gets the unit's invitations and needs an address."""

    unit: str
    name: str
    mail: str | None = None
    title: str = ""
    phone: str = ""
    language: str = "vi"
    is_contact: bool = False


def add_person(db: Session, wish: PersonWish, *, on: date, actor: str, now: datetime) -> int:
    """Add somebody to a unit that exists on ``on``. Returns the id. Raises Invalid."""
    values = _checked(db, wish, on, except_id=None)
    (person_id,) = next_ids(db, Person)
    insert_bundle(db, [(Person, [{"id": person_id, **values}])])
    add_change(db, "person", person_id, "added", actor=actor, now=now, after=_shown(values))
    return person_id


def change_person(db: Session, person_id: int, wish: PersonWish, *, on: date, actor: str, now: datetime) -> None:
    """Change somebody; another address is not confirmed any more. Raises NotFound, Invalid."""
    person = _find(db, person_id)
    values = _checked(db, wish, on, except_id=person_id)
    if values["mail"] != person.mail:
        values["confirmed"] = False
    before = {name: getattr(person, name) for name in values}
    if before != values:
        set_person(db, person_id, values)
        add_change(
            db, "person", person_id, "changed", actor=actor, now=now, before=_shown(before), after=_shown(values)
        )


def confirm_person(db: Session, person_id: int, *, actor: str, now: datetime) -> None:
    """Somebody checked that the address is right. Raises NotFound; Invalid when there is no address."""
    person = _find(db, person_id)
    checks = Checks()
    if not person.mail:
        checks.wrong("mail", "required")
    checks.done()
    if not person.confirmed:
        set_person(db, person_id, {"confirmed": True})
        add_change(
            db, "person", person_id, "confirmed", actor=actor, now=now, before={"confirmed": False},
            after={"confirmed": True, "mail": person.mail},
        )  # fmt: skip


def retire_person(db: Session, person_id: int, *, actor: str, now: datetime, reason: str | None = None) -> None:
    """Somebody is not there any more and gets no more invitations. Raises NotFound."""
    _find(db, person_id)
    set_person(db, person_id, {"retired_at": now})
    add_change(db, "person", person_id, "retired", actor=actor, now=now, after={"at": now.isoformat()}, reason=reason)


def _find(db: Session, person_id: int) -> Person:
    person = find_person(db, person_id)
    if person is None or person.retired_at is not None:
        raise NotFound(kind="person", key=person_id)
    return person


def _checked(db: Session, wish: PersonWish, on: date, *, except_id: int | None) -> dict[str, Any]:
    checks = Checks()
    unit = find_unit(db, wish.unit, on)
    if unit is None:
        checks.wrong("unit", "unknown")
    name = checks.text("name", wish.name, 120)
    mail = checks.mail("mail", wish.mail)
    if wish.is_contact and not mail:
        checks.wrong("mail", "required")
    if unit is not None and mail:
        others = list_people(db, unit_ids=[unit.id])
        if any(p.mail == mail and p.id != except_id for p in others):
            checks.wrong("mail", "taken")
    values = {
        "unit_id": unit.id if unit else 0, "name": name, "mail": mail,
        "title": checks.text("title", wish.title, 120, required=False),
        "phone": checks.phone("phone", wish.phone),
        "language": checks.choice("language", wish.language, LANGUAGES),
        "is_contact": wish.is_contact,
        "sort_key": sort_key(name), "search_key": search_key(name, wish.title, mail or ""),
    }  # fmt: skip
    checks.done()
    return values


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.endswith("_key")}
