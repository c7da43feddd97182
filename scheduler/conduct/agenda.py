"""What one endpoint should do now and next: its conferences of the coming days with the tickets to join them.

An endpoint keeps its agenda and joins on time with our service or the line down, so tickets lie in it up to the end of
the second next working day and never less than four days ahead (Friday afternoon to Monday morning is 63 hours). The
bytes depend on the rows and the day only, so that their hash changes only when something changed (data.md D20).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import NotFound
from scheduler.booking.place.capacity import DEFAULT_PROFILES, Profile
from scheduler.conduct.agenda_queries import Place, Sitting, find_place, list_sittings
from scheduler.conduct.lifecycle import ENDINGS, ending_steps, minutes_before
from scheduler.conduct.queries import Warned, list_warned
from scheduler.local_time import instant, local_day
from scheduler.rulebook import RuleBook
from scheduler.timing import Timing, join_at
from scheduler.work_calendar import WorkCalendar

DAYS = timedelta(days=7)
SHORTEST_HORIZON = timedelta(hours=96)


@dataclass(frozen=True)
class BridgeFace:
    """What an endpoint must know of a video host to join there; ``domain`` may carry a tenant (meet.example/bg)."""

    name: str
    domain: str
    script_url: str
    base_url: str
    simulated: bool = False


Mint = Callable[[int, str, str, str, datetime, datetime], str]
"""(bridge id, jitsi_name, endpoint key, the name people see, nbf, exp) -> ticket; the same gives the same bytes."""


@dataclass(frozen=True)
class Rows:
    """All that an agenda says from the database, as of a local day. Equal rows give equal agendas until time alone
    changes something (``steady_until``)."""

    day: date
    place: Place
    sittings: tuple[Sitting, ...]
    warned: Mapping[str, Warned]


def agenda(
    db: Session, endpoint_id: int, *, now: datetime, timing: Timing, mint: Mint, bridges: Mapping[int, BridgeFace],
    operator_phone: str = "", calendar: WorkCalendar | None = None, book: RuleBook | None = None,
    profiles: Sequence[Profile] = DEFAULT_PROFILES,
) -> dict[str, Any]:  # fmt: skip
    """The agenda of a live endpoint as JSON values; times are ISO 8601 in UTC with "Z".

    ``refresh_after``: when the passing of time alone will have changed it (a ticket comes within the horizon, a day
    begins). Everything else is hinted over the channel.

    Listed are conferences of the next seven days (before long holidays of all days with tickets) with a video room on
    one of ``bridges``, until each is to be left, with the picture of ``profiles`` that was decided for the room.
    ``calendar``: without one every Monday to Friday is worked.
    One whose room is not held for it any more says ``given_back``.
    One that was warned of its end says so in ``ending``: how many minutes before, and how many it could go on then.
    ``book`` says how early devices join by kind of meeting; without it ``timing`` does.
    Raises NotFound for an endpoint that is unknown or revoked.
    """
    rows = find_rows(db, endpoint_id, now=now, calendar=calendar)
    return composed(
        rows, now=now, timing=timing, mint=mint, bridges=bridges, operator_phone=operator_phone, calendar=calendar,
        book=book, profiles=profiles,
    )  # fmt: skip


def find_rows(db: Session, endpoint_id: int, *, now: datetime, calendar: WorkCalendar | None = None) -> Rows:
    """The rows of ``agenda``; raises NotFound as it does."""
    day = local_day(now)
    place = find_place(db, endpoint_id, day)
    if place is None:
        raise NotFound(kind="endpoint", key=endpoint_id)
    until = max(now + DAYS, ticket_horizon(now, calendar or WorkCalendar()))
    sittings = tuple(list_sittings(db, place.room_id, now, until, day))
    about_to_end = [s.key for s in sittings if s.state == "open" and s.ends <= now + timedelta(minutes=max(ENDINGS))]
    return Rows(day, place, sittings, list_warned(db, about_to_end, ending_steps()) if about_to_end else {})


def composed(
    rows: Rows, *, now: datetime, timing: Timing, mint: Mint, bridges: Mapping[int, BridgeFace], operator_phone: str,
    calendar: WorkCalendar | None, book: RuleBook | None, profiles: Sequence[Profile],
) -> dict[str, Any]:  # fmt: skip
    """``agenda`` of rows that were read.  (pure)"""
    place, horizon = rows.place, ticket_horizon(now, calendar or WorkCalendar())
    items, pictures = [], {profile.code: asdict(profile) for profile in profiles}
    for sitting, joins, leaves in _times(rows.sittings, timing, place.endpoint_key, book):
        face = bridges.get(sitting.bridge_id or 0)
        if leaves <= now or sitting.jitsi_name is None or face is None:
            continue
        item = _item(sitting, place, face, joins, leaves, timing, mint, with_ticket=joins < horizon)
        more = _ending(rows.warned.get(sitting.key)) | ({"given_back": True} if _given_back(sitting) else {})
        items.append(item | {"picture": pictures.get(sitting.profile or "")} | more)
    return {
        "v": 1,
        "endpoint": place.endpoint_key,
        "room": {"name": place.room, "unit": place.unit},
        "operator_phone": operator_phone,
        "refresh_after": iso(_refresh_after(rows.sittings, now, horizon)),
        "conferences": items,
    }


def steady_until(rows: Rows, *, now: datetime, timing: Timing, book: RuleBook | None) -> datetime:
    """Before which moment the agenda of these rows is the one of ``now``, under the same rules: the next at which a day
    begins, a ticket comes within the horizon or a conference is left; ``now`` itself when that is just it.  (pure)"""
    moments = [instant(rows.day + timedelta(days=1))]
    for sitting, joins, leaves in _times(rows.sittings, timing, rows.place.endpoint_key, book):
        moments += [joins - SHORTEST_HORIZON, sitting.starts - SHORTEST_HORIZON, leaves]
    return min(moment for moment in moments if moment >= now)


def _given_back(sitting: Sitting) -> bool:
    """Whether the room is not held for it any more: nobody was seen, or it was needed."""
    return sitting.given_back_at is not None and sitting.given_back_at >= sitting.starts


def _ending(warned: Warned | None) -> dict[str, Any]:
    return {"ending": {"minutes": minutes_before(warned.step), "extension": warned.extension}} if warned else {}


def ticket_horizon(now: datetime, calendar: WorkCalendar) -> datetime:
    """Until when tickets are handed out: the end of the second working day after today (local), at least 96 hours."""
    day = calendar.next_working_day(calendar.next_working_day(local_day(now)))
    return max(instant(day + timedelta(days=1)), now + SHORTEST_HORIZON)


def _refresh_after(sittings: Sequence[Sitting], now: datetime, horizon: datetime) -> datetime:
    """The next local midnight, or sooner the moment at which the next ticket comes within the shortest horizon."""
    moments = [instant(local_day(now) + timedelta(days=1))]
    moments += [sitting.starts - SHORTEST_HORIZON for sitting in sittings if sitting.starts > horizon]
    return min(moment for moment in moments if moment > now)


def _led(timing: Timing, sitting: Sitting, book: RuleBook | None) -> Timing:
    """The times of a sitting with the lead of its kind, never before the video room opens."""
    if book is None:
        return timing
    lead = book.whole("endpoint_lead", kind=sitting.kind, unit_id=None, day=local_day(sitting.starts))
    return timing if lead == timing.endpoint_lead else replace(timing, endpoint_lead=min(lead, timing.opens_before))


def _times(
    sittings: Sequence[Sitting], timing: Timing, endpoint_key: str, book: RuleBook | None
) -> list[tuple[Sitting, datetime, datetime]]:
    """When the endpoint joins and leaves each sitting: it is in one at a time and never cuts the one before short."""
    joins: list[datetime] = []
    before: datetime | None = None
    for sitting in sittings:
        joins.append(join_at(sitting.starts, _led(timing, sitting, book), endpoint_key, before))
        before = sitting.ends if before is None else max(before, sitting.ends)
    grace = timedelta(minutes=timing.grace)
    leaves = [
        min(sitting.ends + grace, joins[number + 1]) if number + 1 < len(sittings) else sitting.ends + grace
        for number, sitting in enumerate(sittings)
    ]
    return list(zip(sittings, joins, leaves, strict=True))


def _item(
    sitting: Sitting, place: Place, face: BridgeFace, joins: datetime, leaves: datetime, timing: Timing, mint: Mint,
    *, with_ticket: bool,
) -> dict[str, Any]:  # fmt: skip
    nbf = sitting.opens - timedelta(minutes=timing.ticket_early)
    exp = sitting.latest_end + timedelta(minutes=timing.ticket_late)
    name = sitting.jitsi_name or ""
    shown = f"{place.unit} - {place.room}" if place.unit else place.room
    ticket = mint(sitting.bridge_id or 0, name, place.endpoint_key, shown, nbf, exp) if with_ticket else None
    return {
        "key": sitting.key,
        "title": sitting.title,
        "host": sitting.host or "",
        "starts": iso(sitting.starts),
        "ends": iso(sitting.ends),
        "join_at": iso(joins),
        "leave_at": iso(leaves),
        "latest_end": iso(sitting.latest_end),
        "state": sitting.state,
        "bridge": asdict(face),
        "jitsi_name": name,
        "ticket": ticket,
        "ticket_nbf": iso(nbf) if with_ticket else None,
        "ticket_exp": iso(exp) if with_ticket else None,
        "subject": sitting.title,
        "config": {},
        "audio_muted": True,
    }


def wanted(body: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """The item of an agenda that the endpoint should be in at ``now``, None for none."""
    moment = iso(now)
    for item in body["conferences"]:
        if item["ticket"] is not None and item["join_at"] <= moment < item["leave_at"]:
            found: dict[str, Any] = item
            return found
    return None


def agenda_bytes(body: Mapping[str, Any]) -> bytes:
    """The agenda as it is sent: the same values give the same bytes."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def etag(data: bytes) -> str:
    """A strong entity tag with its quotes."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def iso(at: datetime) -> str:
    """UTC to the second with "Z"; texts of this form sort as times do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
