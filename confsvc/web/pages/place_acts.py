"""Changes of rooms, lines and people, as forms of the directory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from confsvc.access import Permission
from confsvc.web.pages.directory_acts import find_unit_subject, unit_options
from confsvc.web.pages.directory_form import Act, Asks, By, Subject, Values
from confsvc.web.pages.words import Words
from rooms.errors import FieldError, Invalid, NotFound
from rooms.models import Person
from rooms.people import PersonWish, add_person, change_person, retire_person
from rooms.place_queries import find_line, find_person, find_room, list_lines, list_rooms, lock_room_out
from rooms.places import USUAL_SHARE, add_line, add_room, change_line, change_room, move_room, retire_room
from rooms.queries import find_unit_by_id
from scheduler.booking.place.capacity import LineLimit
from scheduler.booking.place.lowering import confirm_line, mark_short
from scheduler.booking.queries import list_taken

_EDIT, _CONTACT = Permission.DIRECTORY_EDIT, Permission.CONTACT_EDIT
HORIZON = timedelta(days=1100)


def line_options(db: Session, subject: Subject, today: date, words: Words) -> Sequence[tuple[str, str]]:
    """The lines of the subject's office."""
    lines = list_lines(db, [subject.unit_id]) if subject.unit_id is not None else []
    return [(str(line.id), line.name) for line in lines]


def _language_options(db: Session, subject: Subject, today: date, words: Words) -> Sequence[tuple[str, str]]:
    return [("vi", "Tiếng Việt"), ("en", "English")]


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


def _for_unit(db: Session, code: str, today: date) -> Subject:
    """An office that gets something new: the form starts empty."""
    unit = find_unit_subject(db, code, today)
    values = {"on": today.strftime("%d/%m/%Y"), "language": "vi", "share": USUAL_SHARE}
    return Subject(unit.unit_id, unit.unit_code, unit.heading, unit.key, values)


def _room(db: Session, key: str, today: date) -> Subject:
    rooms, row = list_rooms(db, today, keys=[key]), find_room(db, key)
    if not rooms or row is None:
        raise NotFound(kind="room", key=key)
    room = rooms[0]
    values = {
        "name": room.name, "unit": room.unit_code, "on": today.strftime("%d/%m/%Y"), "line": row.line_id or "",
        "backup_line": row.backup_line_id or "",
    }  # fmt: skip
    return Subject(room.unit_id, room.unit_code, room.name, key, values)


def _line(db: Session, key: str, today: date) -> Subject:
    line = find_line(db, _number(key) or 0)
    unit = find_unit_by_id(db, line.owner_unit_id, today) if line else None
    if line is None or unit is None:
        raise NotFound(kind="line", key=key)
    values = {"name": line.name, "kbps_up": line.kbps_up, "kbps_down": line.kbps_down, "share": line.share}
    return Subject(unit.id, unit.code, line.name, key, values)


def find_person_subject(db: Session, key: str, today: date) -> Subject:
    """Somebody who is not retired, with what the form holds."""
    person = find_person(db, _number(key) or 0)
    unit = find_unit_by_id(db, person.unit_id, today) if person else None
    if person is None or person.retired_at is not None or unit is None:
        raise NotFound(kind="person", key=key)
    return Subject(unit.id, unit.code, person.name, key, _person_values(person))


def _person_values(person: Person) -> Values:
    names = ("name", "title", "mail", "phone", "language", "is_contact")
    return {name: getattr(person, name) for name in names}


def _add_room(db: Session, subject: Subject, values: Values, by: By) -> None:
    add_room(
        db, subject.unit_code, values["name"], on=values["on"], actor=by.actor, now=by.now,
        line_id=_number(values["line"]), backup_line_id=_number(values["backup_line"]),
    )  # fmt: skip


def _change_room(db: Session, subject: Subject, values: Values, by: By) -> None:
    change_room(
        db, subject.key, values["name"], line_id=_number(values["line"]),
        backup_line_id=_number(values["backup_line"]), actor=by.actor, now=by.now,
    )  # fmt: skip


def _move_room(db: Session, subject: Subject, values: Values, by: By) -> None:
    move_room(db, subject.key, values["unit"], on=values["on"], actor=by.actor, now=by.now)


def _retire_room(db: Session, subject: Subject, values: Values, by: By) -> None:
    room = find_room(db, subject.key)
    if room is not None:
        lock_room_out(db, room.id)  # before the question, and a booking that is under way is part of its answer
        if list_taken(db, [room.id], by.now, by.now + HORIZON, by.today):
            raise Invalid([FieldError("reason", "room_booked")])
    retire_room(db, subject.key, actor=by.actor, now=by.now, reason=values["reason"] or None)


def _add_line(db: Session, subject: Subject, values: Values, by: By) -> None:
    add_line(
        db, subject.unit_code, values["name"], on=by.today, kbps_up=values["kbps_up"], kbps_down=values["kbps_down"],
        share=values["share"], actor=by.actor, now=by.now,
    )  # fmt: skip


def _change_line(db: Session, subject: Subject, values: Values, by: By) -> None:
    line = int(subject.key)
    limit = LineLimit(values["kbps_up"], values["kbps_down"], values["share"] or USUAL_SHARE)
    hits = confirm_line(db, line, limit, by.seen, now=by.now)
    change_line(
        db, line, values["name"], kbps_up=values["kbps_up"], kbps_down=values["kbps_down"],
        share=values["share"], actor=by.actor, now=by.now,
    )  # fmt: skip
    mark_short(db, hits, actor=by.actor, now=by.now)


def _wish(subject: Subject, values: Values) -> PersonWish:
    return PersonWish(
        subject.unit_code, values["name"], values["mail"] or None, values["title"], values["phone"],
        values["language"], values["is_contact"],
    )  # fmt: skip


def _add_person(db: Session, subject: Subject, values: Values, by: By) -> None:
    add_person(db, _wish(subject, values), on=by.today, actor=by.actor, now=by.now)


def _change_person(db: Session, subject: Subject, values: Values, by: By) -> None:
    change_person(db, int(subject.key), _wish(subject, values), on=by.today, actor=by.actor, now=by.now)


def _retire_person(db: Session, subject: Subject, values: Values, by: By) -> None:
    retire_person(db, int(subject.key), actor=by.actor, now=by.now, reason=values["reason"] or None)


_LINES = (
    Asks("line", "Line", "choice", required=False, options=line_options, empty="None"),
    Asks("backup_line", "Backup line", "choice", required=False, options=line_options, empty="None"),
)
_SPEEDS = (
    Asks("name", "Name", most=120),
    Asks("kbps_up", "Up, kbit/s", "number", required=False, hint="Leave empty until it was measured"),
    Asks("kbps_down", "Down, kbit/s", "number", required=False),
    Asks("share", "Share for meetings, per cent", "number", hint="The rest is left to the office's own work"),
)
_PERSON = (
    Asks("name", "Name", most=120),
    Asks("title", "Position", required=False, most=120),
    Asks("mail", "Mail address", required=False, most=254, hint="Another address has to be confirmed again"),
    Asks("phone", "Telephone", required=False, most=60),
    Asks("language", "Language of letters", "choice", options=_language_options),
    Asks("is_contact", "Gets the invitations of the office", "flag", required=False),
)
_REASON = (Asks("reason", "Reason", required=False),)

ADD_ROOM = Act(
    "Add a room", "Add the room", _EDIT,
    (Asks("name", "Name", most=120), *_LINES, Asks("on", "Belongs to the office from", "day")),
    _for_unit, _add_room, done="The room is added.",
)  # fmt: skip
CHANGE_ROOM = Act(
    "Change a room", "Save", _EDIT, (Asks("name", "Name", most=120), *_LINES), _room, _change_room
)  # fmt: skip
MOVE_ROOM = Act(
    "Give a room to another office", "Give it", _EDIT,
    (Asks("unit", "Office", "choice", options=unit_options), Asks("on", "From", "day")), _room, _move_room,
)  # fmt: skip
RETIRE_ROOM = Act(
    "Take a room out of use", "Take out of use", _EDIT, _REASON, _room, _retire_room, done="The room is out of use.",
    warning="Nothing can be booked in it any more; what was held there stays in the record.",
)  # fmt: skip
ADD_LINE = Act("Add a line", "Add the line", _EDIT, _SPEEDS, _for_unit, _add_line, done="The line is added.")
CHANGE_LINE = Act("Change a line", "Save", _EDIT, _SPEEDS, _line, _change_line)
ADD_PERSON = Act(
    "Add somebody", "Add", _CONTACT, _PERSON, _for_unit, _add_person, done="The person is added."
)  # fmt: skip
CHANGE_PERSON = Act("Change somebody", "Save", _CONTACT, _PERSON, find_person_subject, _change_person)
RETIRE_PERSON = Act(
    "Take somebody out of the directory", "Take out", _CONTACT, _REASON, find_person_subject, _retire_person,
    done="Taken out of the directory.", warning="Invitations to come are not sent to this address any more.",
)  # fmt: skip
