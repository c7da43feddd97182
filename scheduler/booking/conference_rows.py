"""The rows of a new conference, and what a booking binds us to: reservations, video room, calendar entry, letters."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from rooms.bulk import Bundle
from rooms.changes import change_row
from rooms.models import Change
from rooms.names import search_key
from scheduler.booking.approving.asking import asked_rows
from scheduler.booking.approving.needs import Need, holds_while_pending, letter_due
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.clashes import known_rows
from scheduler.booking.invitations import edition_content, edition_row, letter_rows, next_dtstamp
from scheduler.booking.place.holding import Place
from scheduler.booking.place.lock_queries import Ids
from scheduler.booking.place.reservations import reservation_rows
from scheduler.booking.plan import Plan
from scheduler.booking.validation import is_short_notice
from scheduler.conduct.lifecycle import LETTER_WARNING, PROVISION_BEFORE
from scheduler.conduct.reminding import first_look
from scheduler.errors import RoomTaken
from scheduler.models import (
    Approval,
    CalendarItem,
    Conference,
    Delegation,
    Edition,
    Effect,
    Guest,
    KnownClash,
    Opening,
    Reservation,
    Site,
)
from scheduler.timing import Spans

ROOM_TAKEN = "reservation_room_taken"
KEY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another
KEY_LENGTH = 10


def new_conference_key() -> str:
    """A random public key for addresses, short enough to be read out: 49 bits."""
    return "".join(secrets.choice(KEY_LETTERS) for _ in range(KEY_LENGTH))


def new_conference(
    plan: Plan, place: Place | None, row: dict[str, Any], ids: Ids, *, actor: str, now: datetime, rules: Rules,
    needs: Sequence[Need] = (),
) -> Bundle:  # fmt: skip
    """All rows of a new conference, parents first. Without a place it is a draft: it holds nothing and binds nobody."""
    draft = place is None
    own = own_rows(plan, row, ids, draft=draft, actor=actor, now=now, rules=rules, needs=needs)
    return [*own, *placed_rows(plan, place, ids, rules, waiting=bool(needs))]


def own_rows(
    plan: Plan, row: dict[str, Any], ids: Ids, *, draft: bool, actor: str, now: datetime, rules: Rules,
    needs: Sequence[Need] = (),
) -> Bundle:  # fmt: skip
    """What does not depend on the place it gets; the calendar entry comes before what names it. With ``needs`` it waits
    for them and nobody is told. ``row`` is completed."""
    conference_id = ids.conference
    bound: Bundle = []
    if draft:
        row |= {"state": "draft", "due": None, "hold_until": None}
    elif needs:
        row |= {"state": "pending", "due": first_due("pending", plan.times, row["hold_until"], now)}
        bound = waiting_rows(plan, conference_id, needs, actor=actor, now=now, rules=rules)
    else:
        bound, row["uid"] = commitments(plan, row, ids, now=now, rules=rules)
    after = {"key": row["key"], "title": row["title"], "state": row["state"], "starts": row["starts"].isoformat()}
    act = {"draft": "drafted", "pending": "asked"}.get(row["state"], "booked")
    calendar = [part for part in bound if part[0] in (CalendarItem, Edition)]
    return [
        *calendar,
        (Conference, [row]),
        (Guest, plan.party.guest_rows(conference_id)),
        (KnownClash, known_rows(conference_id, plan.clashes, actor=actor, now=now)),
        *[part for part in bound if part not in calendar],
        (Change, [change_row("conference", conference_id, act, actor=actor, now=now, after=after)]),
    ]


def placed_rows(plan: Plan, place: Place | None, ids: Ids, rules: Rules, *, waiting: bool) -> Bundle:
    """The sites with what their lines decided, whom they seat, and what is held; ``waiting``: for somebody's approval,
    so that its host's rule says whether it holds or is only shown."""
    party, conference_id = plan.party, ids.conference
    sites = party.site_rows(conference_id, ids.sites, place.profiles if place else {})
    site_of_room = {site["room_id"]: site["id"] for site in sites}
    holding = not waiting or holds_while_pending(plan.booking, rules)
    held = reservation_rows(place.holds, holding=holding, conference_id=conference_id) if place else []
    return [
        (Site, sites),
        (Delegation, party.delegation_rows(conference_id, plan.booking.form, site_of_room)),
        (Reservation, held),
    ]


def commitments(
    plan: Plan, row: Mapping[str, Any], ids: Ids, *, now: datetime, rules: Rules
) -> tuple[Bundle, str]:  # fmt: skip
    """What a booking binds beside its place: the opening on a video host, calendar entry, letters. And the UID.

    Nobody is written to about a demonstration.
    """
    uid = new_uid(rules)
    stamp = next_dtstamp(None, now)
    edition = edition_row(ids.edition, uid, 1, "REQUEST", 0, stamp, edition_content(dict(row), plan.party, "booked"))
    letters = letter_rows(edition, ids.conference, plan.party.invitees, now=now, expires=plan.booking.ends)
    openings = [opening_row(ids.conference, plan.bridge_id, now)] if plan.bridge_id is not None else []
    return [
        (CalendarItem, [{"uid": uid, "last_dtstamp": stamp}]),
        (Edition, [edition]),
        (Opening, openings),
        (Effect, [] if row.get("demo") else letters),
    ], uid


def waiting_rows(
    plan: Plan, conference_id: int, needs: Sequence[Need], *, actor: str, now: datetime, rules: Rules
) -> Bundle:
    """Whom a request asks, and that they hear of it."""
    asked = [
        {"conference_id": conference_id, "function": need.function, "unit_id": need.unit_id,
         "reasons": list(need.reasons), "asked": now, "asked_by": actor, "decided": None}
        for need in needs
    ]  # fmt: skip
    hold_until = letter_due(plan.booking, now=now, rules=rules)
    told = asked_rows(conference_id, needs, starts=plan.booking.starts, hold_until=hold_until, now=now)
    return [(Approval, asked), (Effect, told)]


def first_due(state: str, times: Spans, hold_until: datetime | None, now: datetime) -> datetime:
    """When the loop looks at a conference that has just become pending or planned."""
    wanted = times.starts if state == "pending" else times.opens - PROVISION_BEFORE
    reminds = first_look(times.starts, now) if state != "pending" else None
    wanted = min(wanted, reminds) if reminds else wanted
    return max(now, min(wanted, hold_until - LETTER_WARNING) if hold_until else wanted)


def new_uid(rules: Rules) -> str:
    """The name of a calendar entry for ever."""
    return f"{secrets.token_hex(16)}@{rules.mail_domain}"


def opening_row(conference_id: int, bridge_id: int, now: datetime, generation: int = 1) -> dict[str, Any]:
    """A new video room under a name that nobody can guess and that says nothing (96 random bits)."""
    return {
        "conference_id": conference_id, "bridge_id": bridge_id, "generation": generation,
        "jitsi_name": f"h{secrets.token_hex(12)}", "since": now, "until": None,
    }  # fmt: skip


def conference_row(plan: Plan, conference_id: int, *, actor: str, now: datetime, rules: Rules) -> dict[str, Any]:
    """The columns of a booked conference."""
    return {
        "id": conference_id,
        "key": new_conference_key(),
        "counted_with": conference_id,
        "origin": "booked",
        **wish_columns(plan.booking, plan.times, now=now, rules=rules, actor=actor),
        "booked_ends": plan.booking.ends,
        "state": "planned",
        "uid": None,
        "booked_by": actor,
        "booked_at": now,
    }


def wish_columns(booking: Booking, times: Spans, *, actor: str, now: datetime, rules: Rules) -> dict[str, Any]:
    """The columns that follow from the wish alone, whether it is new or changed."""
    title = " ".join(booking.title.split())
    short = is_short_notice(booking, now=now, rules=rules)
    hold_until = letter_due(booking, now=now, rules=rules)
    return {
        "kind": booking.kind, "form": booking.form, "title": title, "search_key": search_key(title),
        "host_unit_id": booking.host_unit_id, "starts": booking.starts, "ends": booking.ends,
        "opens": times.opens, "latest_end": times.latest_end, "due": first_due("planned", times, hold_until, now),
        "chair_name": booking.chair_name.strip(), "chair_title": booking.chair_title.strip(),
        "chair_mail": (booking.chair_mail or "").strip().lower() or None,
        "contact_name": booking.contact_name.strip(), "contact_phone": booking.contact_phone.strip(),
        "note": booking.note.strip(), "letter_number": booking.letter_number.strip(),
        "short_notice_reason": (booking.short_notice_reason or "").strip() or None if short else None,
        "in_person_reason": booking.in_person_reason if booking.form == "in_person" else None,
        "in_person_note": booking.in_person_note.strip() if booking.form == "in_person" else "",
        "secrecy_by": actor if booking.no_secrets else None, "secrecy_at": now if booking.no_secrets else None,
        "top_profile": booking.top_profile if booking.has_video else "",
        "chair_level": booking.chair_level, "chair_for": booking.chair_for.strip(),
        "chair_consent": booking.chair_consent.strip() if booking.chair_for.strip() else "",
        "verbal_order": booking.verbal_order.strip(), "hold_until": hold_until,
    }  # fmt: skip


def raise_taken(problem: IntegrityError) -> None:
    """Turn the database's refusal of an overlap into RoomTaken, and let every other refusal through."""
    diagnostics = getattr(problem.orig, "diag", None)
    name = diagnostics.constraint_name if diagnostics is not None else str(problem.orig)
    if name == ROOM_TAKEN:
        raise RoomTaken from problem
    raise problem
