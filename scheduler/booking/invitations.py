"""What people must be told about a conference: editions of its calendar entry and one letter a recipient.

One SEQUENCE counter an entry; DTSTAMP rises with every edition by at least a second, because some calendars drop a
second message with the same stamp. Which change asks for which message: RFC 5546 3.2.2 and 3.2.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from scheduler.booking.party import Invitee, Party
from scheduler.models import Conference

LETTER = "letter"


def edition_content(conference: Conference | dict[str, Any], party: Party, what: str, **extra: Any) -> dict[str, Any]:
    """Everything a letter of this edition says, as JSON values; times ISO 8601 in UTC.

    ``what``: booked, changed, cancelled or removed.
    """
    values = conference if isinstance(conference, dict) else vars(conference)
    if values.get("recurrence_id") is not None:
        extra["recurrence_id"] = values["recurrence_id"].isoformat()
    return {
        "what": what,
        **{name: values[name] for name in ("key", "title", "kind", "form", "note", "letter_number")},
        "host": party.host.name,
        "host_short": party.host.short,
        "starts": values["starts"].isoformat(),
        "ends": values["ends"].isoformat(),
        "created": values["booked_at"].isoformat(),
        "sites": [{"room": room.name, "unit": room.unit.short} for room in party.rooms],
        "chair": {"name": values["chair_name"], "title": values["chair_title"], "mail": values["chair_mail"]},
        "contact": {"name": values["contact_name"], "phone": values["contact_phone"]},
        "guests": [{"mail": i.mail, "name": i.name, "role": i.role} for i in party.invitees],
        **extra,
    }


def next_dtstamp(last: datetime | None, now: datetime) -> datetime:
    """A whole second, later than the last one."""
    stamp = now.replace(microsecond=0)
    return stamp if last is None or stamp > last else last + timedelta(seconds=1)


def edition_row(
    edition_id: int, uid: str, number: int, method: str, sequence: int, dtstamp: datetime, content: dict[str, Any]
) -> dict[str, Any]:
    """The row of one edition."""
    return {
        "id": edition_id, "uid": uid, "number": number, "method": method, "sequence": sequence, "dtstamp": dtstamp,
        "content": content,
    }  # fmt: skip


SOON = timedelta(hours=2)
"""So long before the start news goes out at once."""


def gathered(now: datetime, minutes: int, starts: Iterable[datetime]) -> datetime:
    """When letters of a change become due, so that further changes go out with it. ``starts``: when what was changed
    began before or begins now; within two hours of the earliest of those to come everybody is told at once."""
    soonest = min((at for at in starts if at > now), default=now)
    return max(now, min(now + timedelta(minutes=minutes), soonest - SOON))


def letter_rows(
    edition: dict[str, Any], conference_id: int, invitees: Iterable[Invitee], *, now: datetime, expires: datetime,
    due: Mapping[str, datetime] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """One owed letter a recipient; ``expires``: when the news is of no use any more; ``due`` by address, else now."""
    part = edition["content"].get("recurrence_id")
    return [
        {
            "kind": LETTER,
            "key": f"letter:{edition['id']}:{part or 0}:{invitee.mail}:0",
            "chain": letter_chain(edition["uid"], invitee.mail),
            "conference_id": conference_id,
            "payload": {
                "edition": edition["id"], "uid": edition["uid"], "number": edition["number"],
                "method": edition["method"], "mail": invitee.mail, "name": invitee.name, "role": invitee.role,
                "language": invitee.language, "n": 0, "part": part,
            },
            "state": "owed",
            "due": (due or {}).get(invitee.mail, now),
            "expires": expires,
            "created": now,
        }
        for invitee in invitees
    ]  # fmt: skip


def letter_chain(uid: str, mail: str) -> str:
    """Letters of one entry to one address leave in the order in which they were owed."""
    return f"letter:{uid}:{mail}"


MAILED = ("title", "kind", "form", "starts", "ends", "note", "chair_name", "chair_title", "chair_mail", "contact_name",
          "contact_phone", "letter_number")  # fmt: skip


def is_mailed_change(
    before: dict[str, Any], after: dict[str, Any], rooms_before: Sequence[int], rooms_after: Sequence[int]
) -> bool:
    """Whether people must be told: time, sites, chair, title, text, form. Placement and reasons are ours alone."""
    return any(before[name] != after[name] for name in MAILED) or list(rooms_before) != list(rooms_after)


LESSER = ("title", "kind", "note", "contact_name", "contact_phone", "letter_number")
"""What a change may be about that need not be told of: neither time, form, chair nor sites."""


def is_lesser_change(
    before: dict[str, Any], after: dict[str, Any], rooms_before: Sequence[int], rooms_after: Sequence[int]
) -> bool:
    """Whether the host may choose to tell nobody of it."""
    told = (name for name in MAILED if name not in LESSER)
    return all(before[name] == after[name] for name in told) and list(rooms_before) == list(rooms_after)


def is_major_change(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether answers given so far are void: the time moved (RFC 5546 2.1.4)."""
    return bool(before["starts"] != after["starts"] or before["ends"] != after["ends"])
