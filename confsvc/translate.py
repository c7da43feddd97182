"""Our words to theirs and back: an edition to a calendar entry, the video host's events to facts, devices to tickets.

(pure) The scheduler and the integrations never meet except here. A letter's words are in `confsvc.wording`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from confsvc.wording import description, subject
from integrations.calendar.ics import Attendee, Invitation, Method, Organizer
from integrations.jitsi.events import OccupantJoined, OccupantLeft, Presence, RoomCreated, RoomDestroyed, RoomEvent
from scheduler.conduct.facts import NewFact

MOST_LISTED = 50  # with more, everybody gets the chair and himself only: 230 addresses make 22 MB over thin lines
ALARM_MINUTES = 15


@dataclass(frozen=True)
class EditionRow:
    """One immutable state of a calendar entry, as stored."""

    id: int
    uid: str
    method: str
    sequence: int
    dtstamp: datetime
    content: Mapping[str, Any]
    item_id: int = 0  # of the calendar entry; 0 where nobody needs it


def join_url(public_url: str, key: str) -> str:
    """The page through which people join, the same for all; never the video host's address, never a token."""
    return f"{public_url}/j/{key}"


def invitations(
    edition: EditionRow, letter: Mapping[str, Any], *, organizer_mail: str, public_url: str
) -> tuple[Invitation, ...]:
    """The calendar entry for one recipient, first of all the entry itself; ``letter``: the effect's payload.

    Of a series: with the dates that differ. Whoever is not invited to such a date has none on that day; whoever is
    invited to such dates only gets these.
    """
    content, me = edition.content, str(letter["mail"]).lower()
    apart = content.get("overrides", ())
    mine = [one for one in apart if me in _mails(one)]
    others = tuple(datetime.fromisoformat(one["recurrence_id"]) for one in apart if me not in _mails(one))
    dates = tuple(_entry(edition, one, letter, organizer_mail, public_url) for one in mine)
    if dates and me not in _mails(content):
        return dates
    entry = _entry(edition, content, letter, organizer_mail, public_url)
    if entry.rule is not None:
        entry = replace(entry, exdates=tuple(sorted({*entry.exdates, *others})))
    return (entry, *dates)


def _invited(content: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = content["guests"] if "guests" in content else content["attendees"]
    return found  # older editions have the second name


def _mails(content: Mapping[str, Any]) -> set[str]:
    return {str(one["mail"]).lower() for one in _invited(content)}


def _entry(
    edition: EditionRow, content: Mapping[str, Any], letter: Mapping[str, Any], organizer_mail: str, public_url: str
) -> Invitation:
    language = str(letter["language"])
    cancels = edition.method == "CANCEL"
    online = content["form"] != "in_person"
    removed = content["what"] == "removed"
    url = join_url(public_url, content["key"]) if online and not cancels else None
    part = content.get("recurrence_id")
    return Invitation(
        uid=edition.uid,
        sequence=edition.sequence,
        dtstamp=edition.dtstamp,
        method=cast(Method, edition.method),
        starts=datetime.fromisoformat(content["starts"]),
        ends=datetime.fromisoformat(content["ends"]),
        summary=content["title"],
        description=description(content, language, url),
        organizer=Organizer(organizer_mail, content["host_short"] or content["host"]),
        attendees=_attendees(content, letter, alone=removed),
        created=datetime.fromisoformat(content["created"]),
        status=(None if removed else "CANCELLED") if cancels else "CONFIRMED",
        location=None if url else _hall(content),
        url=url,
        alarm_minutes=None if cancels else ALARM_MINUTES,
        rule=content.get("rule"),
        exdates=tuple(datetime.fromisoformat(at) for at in content.get("exdates", ())),
        recurrence_id=datetime.fromisoformat(part) if part else None,
        related_to=content.get("related_to"),
    )


def letter_subject(edition: EditionRow, language: str) -> str:
    return subject(edition.content, language)


def _attendees(content: Mapping[str, Any], letter: Mapping[str, Any], *, alone: bool) -> tuple[Attendee, ...]:
    """Everybody, each address once; the recipient is always among them, since clients hide the answer buttons else."""
    recipient = {"mail": letter["mail"], "name": letter["name"], "role": letter["role"]}
    me = str(letter["mail"]).lower()
    listed = {me: recipient} | {str(one["mail"]).lower(): one for one in _invited(content)}
    if alone:
        listed = {me: recipient}
    elif len(listed) > MOST_LISTED:
        listed = {mail: one for mail, one in listed.items() if mail == me or one["role"] == "chair"}
    return tuple(_attendee(mail, one) for mail, one in listed.items())


def _attendee(mail: str, one: Mapping[str, Any]) -> Attendee:
    """With the answer that is known; whoever leads it has agreed unless he says otherwise."""
    chair = one["role"] == "chair"
    to, by = one.get("delegated_to"), one.get("delegated_from")
    return Attendee(
        mail, one["name"], "CHAIR" if chair else "REQ-PARTICIPANT",
        partstat=one.get("partstat") or ("ACCEPTED" if chair else "NEEDS-ACTION"),
        delegated_to=(to,) if to else (), delegated_from=(by,) if by else (),
    )  # fmt: skip


def _hall(content: Mapping[str, Any]) -> str | None:
    sites = content.get("sites") or []
    return f"{sites[0]['room']} ({sites[0]['unit']})" if sites else None


def fact_of(event: RoomEvent, bridge_id: int) -> NewFact:
    """One of the video host's events as a fact; a repeat has the same key."""
    kinds: dict[type[Any], str] = {
        RoomCreated: "room.created", RoomDestroyed: "room.destroyed", OccupantJoined: "occupant.joined",
        OccupantLeft: "occupant.left",
    }  # fmt: skip
    data: dict[str, Any] = {}
    match event:
        case OccupantJoined() | OccupantLeft():
            data = _occupant(event.presence)
        case RoomDestroyed():
            data = {"occupants": [_occupant(presence) for presence in event.presences]}
    return NewFact(
        key=f"b{bridge_id}|{event.key}",
        kind=kinds[type(event)],
        source=f"bridge:{bridge_id}",
        at=event.at,
        data=data,
        bridge_id=bridge_id,
        jitsi_name=event.place.jitsi_name.lower(),
    )


def _occupant(presence: Presence) -> dict[str, Any]:
    """``connection`` is the same in joined, left and the summary; ``device`` is what our own ticket said."""
    name = presence.user.get("name")
    return {
        "connection": presence.key,
        "device": presence.user_id,
        "name": name if isinstance(name, str) else None,
        "joined": presence.joined_at.isoformat(),
        "left": presence.left_at.isoformat() if presence.left_at else None,
    }
