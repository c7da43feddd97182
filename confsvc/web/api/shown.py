"""Conferences, rooms and offices as programs read them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from confsvc.access import Actor, Permission, may
from confsvc.web.api.fields import Shown
from confsvc.web.errors import warning_text
from rooms.place_queries import RoomOn
from rooms.queries import UnitOn
from scheduler.booking.booking import Warning_
from scheduler.booking.whole import ConferenceView
from scheduler.list_queries import Line


class WarningOut(Shown):
    code: str
    detail: str
    data: dict[str, Any]


class BookedOut(Shown):
    """``trial``: the key of the trial run that was booked along."""

    key: str
    version: int
    url: str
    state: str | None = None
    trial: str | None = None
    warnings: list[WarningOut] = []


class ListedOut(Shown):
    key: str
    title: str
    kind: str
    form: str
    origin: str
    state: str
    outcome: str
    host: str
    host_short: str
    starts: datetime
    ends: datetime
    version: int


class ConferencesOut(Shown):
    """``next``: the cursor of the next page, null on the last."""

    items: list[ListedOut]
    next: str | None


class SiteOut(Shown):
    """``profile``: the picture that the site's line carries in this meeting, null without video."""

    room: str
    name: str
    role: str
    unit: str | None
    unit_short: str | None
    profile: str | None


class DelegationOut(Shown):
    unit: str
    name: str
    short: str
    planned_mode: str


class GuestOut(Shown):
    name: str
    mail: str
    role: str
    language: str


class ConferenceOut(ListedOut):
    """``guests`` is null for those who may not see whom an office invites."""

    booked_ends: datetime
    opens: datetime
    place: str
    sites: list[SiteOut]
    units: list[DelegationOut]
    guests: list[GuestOut] | None
    chair_name: str
    chair_title: str
    contact_name: str
    contact_phone: str
    note: str
    letter_number: str
    short_notice_reason: str | None
    in_person_reason: str | None
    in_person_note: str
    top_profile: str
    chair_level: str
    chair_for: str
    chair_consent: str
    verbal_order: str
    approved_at: datetime | None
    hold_until: datetime | None


class UnitOut(Shown):
    code: str
    level: str
    parent: str | None
    name: str
    short: str
    name_en: str
    valid_from: date
    valid_to: date | None
    confidence: str


class UnitsOut(Shown):
    as_of: date
    items: list[UnitOut]


class RoomOut(Shown):
    """Line speeds in kbit/s, null where nobody measured."""

    key: str
    name: str
    unit: str
    unit_short: str
    kbps_up: int | None
    kbps_down: int | None
    endpoint: str | None
    endpoint_paired: bool


class RoomsOut(Shown):
    as_of: date
    items: list[RoomOut]


class BusyOut(Shown):
    """``conference``: null for a meeting of other offices, which the asker may not look at. ``closed``: why the room is
    closed, null for a meeting; then nobody's ``unit`` is named."""

    room: str
    unit: str
    starts: datetime
    ends: datetime
    holds: bool
    conference: str | None
    closed: str | None = None


class BusyListOut(Shown):
    items: list[BusyOut]


_SAME = (
    "key", "title", "kind", "form", "origin", "state", "outcome", "starts", "ends", "version", "booked_ends", "opens",
    "place", "chair_name", "chair_title", "contact_name", "contact_phone", "note", "letter_number",
    "short_notice_reason", "in_person_reason", "in_person_note", "top_profile", "chair_level",
    "chair_for", "chair_consent", "verbal_order", "approved_at", "hold_until",
)  # fmt: skip


def conference_out(view: ConferenceView, actor: Actor) -> ConferenceOut:
    conference = view.conference
    return ConferenceOut(
        **{name: getattr(conference, name) for name in _SAME},
        host=view.host_code,
        host_short=view.host_short,
        sites=[
            SiteOut(
                room=s.room_key, name=s.room, role=s.role, unit=s.unit_code, unit_short=s.unit_short, profile=s.profile
            )
            for s in view.sites
        ],
        units=[
            DelegationOut(unit=d.unit_code, name=d.unit_name, short=d.unit_short, planned_mode=d.planned_mode)
            for d in view.delegations
        ],
        guests=[GuestOut(name=g.name, mail=g.mail, role=g.role, language=g.language) for g in view.guests]
        if sees_guests(actor, conference.host_unit_id)
        else None,
    )


def sees_guests(actor: Actor, host_unit_id: int) -> bool:
    """Addresses are for the host's own people and those who look after the letters."""
    return actor.unit_id == host_unit_id or may(actor, Permission.OUTBOX_READ, host_unit_id)


def listed_out(row: Line, host_short: str) -> ListedOut:
    same = [name for name in _SAME if name in ListedOut.model_fields]
    return ListedOut(**{name: getattr(row, name) for name in same}, host=row.host_code, host_short=host_short)


def unit_out(unit: UnitOn, parents: dict[int, str]) -> UnitOut:
    same = ("code", "level", "name", "short", "name_en", "valid_from", "valid_to", "confidence")
    parent = parents.get(unit.parent_id) if unit.parent_id is not None else None
    return UnitOut(**{name: getattr(unit, name) for name in same}, parent=parent)


def room_out(room: RoomOn) -> RoomOut:
    return RoomOut(
        key=room.key, name=room.name, unit=room.unit_code, unit_short=room.unit_short, kbps_up=room.kbps_up,
        kbps_down=room.kbps_down, endpoint=room.endpoint_key, endpoint_paired=room.paired_at is not None,
    )  # fmt: skip


def warnings_out(warnings: tuple[Warning_, ...], language: str) -> list[WarningOut]:
    return [WarningOut(code=w.code, detail=warning_text(w.code, w.data, language), data=w.data) for w in warnings]
