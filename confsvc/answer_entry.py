"""A calendar entry of ours as iTIP sees it, from our rows: what incoming answers are held against.

(Of the transaction that takes the answer.) Every date of a series is there with who is invited to it, so no rule has to
be expanded; nothing of an incoming mail goes into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from integrations.calendar.itip.event import HOME, Answer, Attendee, Entry, Event, Moment, Organizer
from scheduler.answering import queries
from scheduler.booking.series.letters import OFF, first_start
from scheduler.local_time import LOCAL
from scheduler.models import Answer as AnswerRow
from scheduler.models import Conference, Guest
from scheduler.queries import find_calendar_item


def entry_of(db: Session, uid: str, sender: str, *, organizer: str) -> Event | None:
    """The entry, or None where nobody knows this UID. ``sender``: whose newest version counts as the current one, since
    a change may have been told to others only. ``organizer``: our own mailbox."""
    item = find_calendar_item(db, uid)
    conferences = list(queries.list_conferences(db, uid)) if item is not None else []
    if item is None or not conferences:
        return None
    guests = _by_conference(queries.list_guests_of(db, [one.id for one in conferences]))
    answers = queries.list_answers(db, uid)
    majors, told = queries.last_majors(db, uid), queries.last_told(db, uid, [c.id for c in conferences], sender)
    whole = told.get(None, item.sequence)
    entries = {
        one.id: _entry(
            one, _people(guests.get(one.id, ()), answers, one.recurrence_id), organizer,
            max(whole, told.get(_key(one.recurrence_id), 0)), majors.get(_key(one.recurrence_id), 0),
        )
        for one in conferences
    }  # fmt: skip
    dates = [entries[one.id] for one in conferences if one.recurrence_id is not None]
    series = queries.find_series_of(db, uid)
    if series is None and not dates:
        master = replace(entries[conferences[-1].id], last_major_sequence=item.last_major_sequence)
    else:
        every = [one for one in conferences if one.state not in OFF] or conferences
        people = _people((guest for one in every for guest in guests.get(one.id, ())), answers, None)
        live = any(one.state not in OFF for one in conferences)
        starts = moment(first_start(series)) if series is not None else dates[0].starts
        length = dates[0].ends.wall - dates[0].starts.wall
        master = Entry(
            starts, starts.plus(length), whole, item.last_major_sequence, organizer=dates[0].organizer,
            attendees=people, status="CONFIRMED" if live else "CANCELLED",
        )  # fmt: skip
    master = replace(master, sequence=max(item.sequence, master.sequence) if dates else master.sequence)
    return Event(uid, master, tuple(dates), tuple(_answer(one) for one in answers))


def moment(at: datetime) -> Moment:
    """An instant as our mails write it."""
    return Moment(at.astimezone(LOCAL).replace(tzinfo=None), HOME)


def _key(part: datetime | None) -> str | None:
    return part.isoformat() if part is not None else None


def _by_conference(guests: Iterable[Guest]) -> Mapping[int, Sequence[Guest]]:
    found: dict[int, list[Guest]] = {}
    for guest in guests:
        if guest.removed_at is None:
            found.setdefault(guest.conference_id, []).append(guest)
    return found


def _people(guests: Iterable[Any], answers: Iterable[AnswerRow], part: datetime | None) -> tuple[Attendee, ...]:
    said = {one.mail: one.partstat for one in answers if one.recurrence_id == part and not one.old_version}
    named = {guest.mail: guest.name for guest in guests}
    return tuple(Attendee(mail, name, partstat=said.get(mail, "NEEDS-ACTION")) for mail, name in named.items())


def _entry(one: Conference, people: tuple[Attendee, ...], organizer: str, sequence: int, major: int) -> Entry:
    return Entry(
        moment(one.starts), moment(one.ends), sequence, major,
        recurrence_id=moment(one.recurrence_id) if one.recurrence_id else None,
        status="CANCELLED" if one.state in OFF else "CONFIRMED", attendees=people,
        organizer=Organizer(organizer) if organizer else None,
    )  # fmt: skip


def _answer(row: AnswerRow) -> Answer:
    part = moment(row.recurrence_id) if row.recurrence_id else None
    return Answer(
        row.mail, part, row.reply_sequence, row.reply_dtstamp, row.partstat, row.comment, row.received_at,
    )  # fmt: skip
