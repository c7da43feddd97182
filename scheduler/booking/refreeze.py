"""A unit that is renamed, merged or moved between a booking and its sitting: delegations say what it is on that day.

What was frozen at booking is frozen again by the directory's history as it is known now. The room stays; a unit that
is there no more is stood in for by whoever took it over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.once import poke
from rooms.queries import find_successor
from scheduler.booking.approving.stored import booking_of, invited
from scheduler.booking.letters import owe_change
from scheduler.booking.party import Party, find_party
from scheduler.booking.queries import UnitPart, list_sites, list_unit_parts
from scheduler.booking.refreeze_queries import AHEAD, find_shared_series, set_frozen, set_version_raised
from scheduler.booking.series.cancel import people_of
from scheduler.booking.series.letters import owe_series, sharing
from scheduler.booking.series.queries import list_locked_members
from scheduler.booking.sync import sync_guests
from scheduler.conduct.queries import find_locked
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.record.queries import list_delegations

TOLD = ("planned", "provisioned")
"""States in which people have been invited."""


class Frozen(Protocol):
    """What a delegation says of its unit."""

    @property
    def id(self) -> int: ...
    @property
    def unit_id(self) -> int: ...
    @property
    def unit_name(self) -> str: ...
    @property
    def unit_short(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def counterpart_unit_id(self) -> int | None: ...


@dataclass(frozen=True)
class Refrozen:
    """``changed``: columns to set by delegation; ``gone``: delegations whose unit another one of them stands for."""

    changed: dict[int, dict[str, Any]] = field(default_factory=dict)
    gone: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)


def refrozen(there: Sequence[Frozen], standing: Mapping[int, UnitPart]) -> Refrozen:
    """What is to be written so that every delegation says what ``standing``, by its unit's id, has for it.

    (pure) A unit that nobody stands for keeps what was known of it. Of several that became one, the one that was that
    unit already stays, else the first.
    """
    seated = {row.unit_id for row in there if (part := standing.get(row.unit_id)) and part.unit_id == row.unit_id}
    changed: dict[int, dict[str, Any]] = {}
    gone = []
    for row in there:
        part = standing.get(row.unit_id)
        if part is None:
            continue
        if part.unit_id != row.unit_id:
            if part.unit_id in seated:
                gone.append(row.id)
                continue
            seated.add(part.unit_id)
        said = {
            "unit_id": part.unit_id, "unit_name": part.name, "unit_short": part.short, "level": part.level,
            "counterpart_unit_id": part.counterpart_id,
        }  # fmt: skip
        if any(getattr(row, name) != value for name, value in said.items()):
            changed[row.id] = said
    return Refrozen(changed, tuple(gone))


def refreeze(db: Session, conference_id: int, *, now: datetime, actor: str = "clock") -> bool:
    """Put the delegations of a conference ahead right; whether there was something to do. May be repeated.

    Whoever was invited gets one letter that names the units as they are on the sitting's day. Dates that share the
    entry of a series are put right together, and one letter about that entry names them all (RFC 5546 3.2.2).
    """
    series = find_shared_series(db, conference_id)
    if series is None:
        conference = find_locked(db, conference_id)
        if conference is None or not _put_right(db, conference, now=now, actor=actor):
            return False
        _tell(db, conference, now=now)
        return True
    dates = [one for one in list_locked_members(db, series.id) if one.recurrence_id is not None]
    ahead = [one for one in sharing(dates) if one.starts > now]
    told = people_of(db, ahead)
    done = [one for one in dates if _put_right(db, one, now=now, actor=actor)]
    for one in done:
        _invite(db, one, now=now)
    if any(one.state in TOLD for one in done):
        there = {invitee.mail for invitee in people_of(db, ahead)}
        gone = [invitee for invitee in told if invitee.mail not in there]
        if gone:
            owe_series(db, series, "removed", now=now, only=gone)
        owe_series(db, series, "changed", now=now)
    return bool(done)


def _put_right(db: Session, conference: Conference, *, now: datetime, actor: str) -> bool:
    """Whether a conference that is still to come had delegations to be written anew."""
    if conference.state not in AHEAD or conference.starts <= now:
        return False
    there, day = list_delegations(db, conference.id), local_day(conference.starts)
    wanted = (conference.host_unit_id, *(d.unit_id for d in there))
    heirs = {unit_id: find_successor(db, unit_id, day) for unit_id in wanted}
    parts = list_unit_parts(db, list(dict.fromkeys(heirs.values())), day)
    standing = {unit_id: parts[heir] for unit_id, heir in heirs.items() if heir in parts}
    found = refrozen(there, standing)
    host = standing.get(conference.host_unit_id)
    if not found:
        return False
    before = ", ".join(d.unit_name for d in there if d.id in found.changed or d.id in found.gone)
    after = ", ".join(values["unit_name"] for values in found.changed.values())
    set_frozen(db, found.changed, found.gone)
    set_version_raised(db, conference.id, **({"host_unit_id": host.unit_id} if host else {}))
    db.refresh(conference)
    add_change(
        db, "conference", conference.id, "units_renamed", actor=actor, now=now, before={"units": before},
        after={"units": after},
    )  # fmt: skip
    rooms = [site.room_id for site in list_sites(db, conference.id)]
    poke(db, f"conference:{conference.id}", *(f"room:{room_id}" for room_id in rooms))
    return True


def _invite(db: Session, conference: Conference, *, now: datetime) -> tuple[Party | None, bool]:
    """The people of the units as they are then are invited, and whether somebody came back; nobody anew where an office
    or room of it is there no more: whoever changes it is told that."""
    party, _ = find_party(db, booking_of(db, conference), local_day(conference.starts))
    return party, sync_guests(db, conference, party, now) if party is not None else False


def _tell(db: Session, conference: Conference, *, now: datetime) -> None:
    people = invited(db, conference)
    party, returned = _invite(db, conference, now=now)
    if party is not None and conference.state in TOLD:
        owe_change(db, conference, party, people, mailed=True, major=False, returned=returned, now=now)
