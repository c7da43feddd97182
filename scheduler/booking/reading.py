"""One conference as people look at it: sites and who is in, recipients and what they got. Nothing writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.health import Link, link
from rooms.place_queries import list_rooms
from scheduler.booking.history_queries import list_letters, list_receipts, list_told
from scheduler.booking.queries import list_guests
from scheduler.inbox_models import MailReport
from scheduler.inbox_queries import list_reports
from scheduler.local_time import local_day
from scheduler.models import Attendance, Conference, Delegation, Effect, Receipt
from scheduler.part_queries import SiteRow, list_site_rows
from scheduler.record.attendance import Presence, merge, unite
from scheduler.record.queries import list_attendance, list_delegations, list_devices, list_facts, list_presence
from scheduler.record.seen import Devices, sightings

GAP = timedelta(minutes=2)
TROUBLED = ("deferred", "dead", "expired", "bounced")
NOT_YET = ("draft", "pending", "planned", "cancelled", "postponed")


@dataclass(frozen=True)
class SiteView:
    """One room's part. ``link``: its endpoint's control link, None for a room without video part here.

    ``since``: in the video room since then, None when not in; ``first``: first seen; ``seconds``: connected so far
    within the sitting; ``last``: last seen, None while in; ``profile``: the picture its line carries, None without.
    """

    room_id: int
    room: str
    unit: str
    main: bool
    link: Link | None
    since: datetime | None
    first: datetime | None
    last: datetime | None
    seconds: int
    profile: str | None = None


@dataclass(frozen=True)
class PartView:
    """One unit's part with its attendance, None while nobody and nothing has said how it attended."""

    delegation: Delegation
    attendance: Attendance | None


@dataclass(frozen=True)
class RecipientView:
    """One address. ``delivery``: waiting, sending, deferred, sent, bounced, superseded, needless, expired or dead, of
    its newest letter; ``what``: what that letter says; ``told``: what the last letter that surely arrived said."""

    name: str
    mail: str
    role: str
    unit_id: int | None
    removed: bool
    delivery: str
    what: str
    at: datetime | None
    again: datetime | None
    error: str | None
    told: str | None
    due: datetime | None = None
    """When a letter that nobody has tried yet goes out."""
    opened: datetime | None = None
    acknowledged: datetime | None = None
    """The button on the page behind the link, for what the last letter that went out says."""
    letter: int | None = None

    @property
    def rank(self) -> int:
        """Who needs somebody stands first, who is not invited any more last."""
        if self.removed:
            return 2
        return 0 if self.delivery in TROUBLED else 1


def site_views(
    db: Session, conference: Conference, *, now: datetime, seen_at: Callable[[int], datetime | None]
) -> list[SiteView]:
    """The sites in their order; ``seen_at``: when this process last heard an endpoint (by id), fresher than the row."""
    rows = list_site_rows(db, conference.id)
    rooms = {room.id: room for room in list_rooms(db, local_day(conference.starts), ids=[row.room_id for row in rows])}
    presences = _presences(db, conference, now)
    views = []
    for row in rows:
        room, state = rooms.get(row.room_id), None
        if conference.form != "in_person" and room is not None:
            heard = [at for at in (room.last_seen, seen_at(room.endpoint_id or 0)) if at is not None]
            paired = room.endpoint_id is not None and room.paired_at is not None
            state = link(paired=paired, last_seen=max(heard, default=None), now=now)
        views.append(_site_view(conference, row, state, presences, now))
    return views


def _site_view(
    conference: Conference, row: SiteRow, state: Link | None, presences: Iterable[Presence], now: datetime
) -> SiteView:
    spans = unite([(p.joined, p.left) for p in presences if p.site_id == row.site_id], GAP)
    running = conference.state in ("provisioned", "open")
    inside = bool(spans) and running and spans[-1][1] >= now
    inner = (min(end, conference.ends) - max(start, conference.starts) for start, end in spans)
    seconds = sum((length for length in inner if length > timedelta(0)), timedelta(0)).total_seconds()
    return SiteView(
        room_id=row.room_id, room=row.room, unit=row.unit_short or "", main=row.role == "main", link=state,
        since=spans[-1][0] if inside else None, first=spans[0][0] if spans else None,
        last=spans[-1][1] if spans and not inside else None, seconds=int(seconds), profile=row.profile,
    )  # fmt: skip


def _presences(db: Session, conference: Conference, now: datetime) -> Sequence[Presence]:
    """While it runs, from the facts; once recorded, as derived."""
    if conference.form == "in_person" or conference.state in NOT_YET:
        return ()
    if conference.state == "recorded":
        return [Presence(p.device, p.site_id, p.joined, p.left, "host") for p in list_presence(db, conference.id)]
    found = list_devices(db, conference.id)
    devices = Devices(
        by_id={d.endpoint_id: (f"endpoint:{d.key}", d.site_id) for d in found},
        by_name={f"endpoint:{d.key}": d.site_id for d in found},
    )
    return merge(sightings(list_facts(db, conference.id), devices), now)


def part_views(db: Session, conference: Conference) -> list[PartView]:
    """The delegations in their order, with how each attended."""
    lines = list_attendance(db, conference.id)
    return [PartView(d, lines.get(d.id)) for d in list_delegations(db, conference.id)]


def recipient_views(db: Session, conference: Conference) -> list[RecipientView]:
    """Everybody who is invited now, then those who were and got a letter saying that they are not any more."""
    newest: dict[str, Effect] = {}
    for letter in list_letters(db, conference):
        newest[str(letter.payload["mail"])] = letter
    part = conference.recurrence_id.isoformat() if conference.recurrence_id else None
    told = list_told(db, conference.uid, part) if conference.uid else {}
    receipts = list_receipts(db, conference.uid) if conference.uid else {}
    guests = list_guests(db, conference.id)
    views = []
    for guest in guests:
        last = newest.get(guest.mail)
        views.append(_recipient(guest.name, guest.mail, guest.role, guest.unit_id, last, told, removed=False))
    for mail in [mail for mail in newest if mail not in {guest.mail for guest in guests}]:
        letter = newest[mail]
        name, role = str(letter.payload["name"]), str(letter.payload["role"])
        views.append(_recipient(name, mail, role, None, letter, told, removed=True))
    reports = list_reports(db, [letter.id for letter in newest.values() if letter.state == "done"])
    return [_seen(view, newest.get(view.mail), receipts.get(view.mail), reports) for view in views]


def _recipient(
    name: str, mail: str, role: str, unit_id: int | None, letter: Effect | None, told: Mapping[str, str | None], *,
    removed: bool,
) -> RecipientView:  # fmt: skip
    if letter is None:
        return RecipientView(name, mail, role, unit_id, removed, "none", "", None, None, None, told.get(mail))
    waits = letter.state == "owed"
    return RecipientView(
        name=name, mail=mail, role=role, unit_id=unit_id, removed=removed, delivery=_delivery(letter),
        what="cancelled" if letter.payload["method"] == "CANCEL" else "invited",
        at=letter.settled, again=letter.due if waits and letter.attempts else None, error=letter.last_error,
        told=told.get(mail), due=letter.due if waits and not letter.attempts else None, letter=letter.id,
    )  # fmt: skip


def _seen(
    view: RecipientView, letter: Effect | None, receipt: Receipt | None, reports: Mapping[int, MailReport]
) -> RecipientView:  # fmt: skip
    """What came of the letter after it had left: it came back, was opened, or acknowledged on the recipient's page. An
    acknowledgement counts for what was known when it was given: not for a letter that went out later."""
    if letter is not None and (report := reports.get(letter.id)) is not None:
        view = replace(view, delivery="bounced", error=f"{report.status} {report.diagnostic}".strip())
    if receipt is None or letter is None:
        return view
    later = letter.state == "done" and int(letter.payload["edition"]) > (receipt.acknowledged_edition or 0)
    return replace(view, opened=receipt.opened, acknowledged=None if later else receipt.acknowledged)


def _delivery(letter: Effect) -> str:
    match letter.state:
        case "owed":
            return "deferred" if letter.attempts else "waiting"
        case "leased":
            return "sending"
        case "done":
            return "sent"
    return letter.state
