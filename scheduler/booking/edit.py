"""Submitting a draft, changing and cancelling what is booked or asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid
from rooms.once import poke
from scheduler.booking.approving.binding import ask, bind, release, wait
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.approving.queries import set_open_approvals
from scheduler.booking.approving.stored import booking_of as booking_of
from scheduler.booking.approving.stored import current, invited
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.clash_queries import add_known
from scheduler.booking.clashes import known_rows
from scheduler.booking.conference_rows import first_due, wish_columns
from scheduler.booking.giving_way.preempt_queries import set_displacement
from scheduler.booking.invitations import gathered, is_lesser_change, is_mailed_change, is_major_change
from scheduler.booking.letters import owe_change, owe_edition
from scheduler.booking.place.holding import Place, claims, survey
from scheduler.booking.place.lock_queries import list_holds, take_locks
from scheduler.booking.place.reservations import lock_keys
from scheduler.booking.plan import Plan, plan
from scheduler.booking.queries import list_sites, set_columns
from scheduler.booking.sync import sync_commitments, sync_party
from scheduler.conduct.queries import find_current_opening
from scheduler.errors import Stale, TooLate, WrongMove
from scheduler.models import Conference
from scheduler.moves import MOVES, move

IDLE = ("draft", "postponed")
"""What holds nothing: it is booked by being submitted."""
CHANGEABLE = (*IDLE, "pending", "planned", "provisioned")
_IN_AUDIT = ("title", "kind", "form", "starts", "ends", "chair_name", "note", "letter_number", "chair_for",
             "chair_consent", "verbal_order", "chair_level")  # fmt: skip
_APPROVED = ("kind", "form", "starts", "ends", "chair_level")
"""What an approval was about, besides the rooms: with another one it is asked for anew."""


def submit(
    db: Session, key: str, *, version: int, actor: str, now: datetime, rules: Rules, clash_confirmed: bool = False
) -> Booked:
    """Turn a draft, or what was postponed, into a booked conference, checked and written as ``book`` does; or into a
    request, when it needs approval. Raises as ``book``.

    ``clash_confirmed`` as in Booking: for what nobody has said before.
    """
    conference = current(db, key, version)
    if conference.state not in IDLE:
        raise WrongMove(state=conference.state, to="planned")
    booking = replace(booking_of(db, conference), clash_confirmed=clash_confirmed)
    wanted = plan(db, booking, now=now, rules=rules, except_id=conference.id)
    take_locks(db, lock_keys(claims(wanted)))
    found = survey(db, wanted, rules, except_id=conference.id)
    found.refuse()
    add_known(db, known_rows(conference.id, wanted.clashes, actor=actor, now=now))
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules)
    if needs := approval_needs(booking, rules):
        wait(db, conference, wanted, found.place, columns, needs, actor=actor, now=now, rules=rules)
    else:
        bind(db, conference, wanted, found.place, columns, act="booked", actor=actor, now=now, rules=rules)
    poke(db, *(f"room:{room_id}" for room_id in booking.room_ids))
    return Booked(conference.id, key, version + 1, conference.state)


@dataclass(frozen=True)
class _Was:
    """A conference as it was before its change."""

    columns: dict[str, Any]
    rooms: list[int]

    def asks_anew(self, columns: dict[str, Any], rooms: tuple[int, ...]) -> bool:
        """Whether what was approved, or is asked for, is another thing now."""
        return any(self.columns[name] != columns[name] for name in _APPROVED) or sorted(self.rooms) != sorted(rooms)


def change(
    db: Session, key: str, booking: Booking, *, version: int, actor: str, now: datetime, rules: Rules,
    quiet: bool = False,
) -> Booked:  # fmt: skip
    """Give a conference another content, time or party. The host stays. What needs approval waits for it again when
    its time, rooms, kind or form change. ``quiet``: nobody is told when it is about title, text or contact only.

    Raises NotFound, Stale (somebody changed it since ``version``), WrongMove, TooLate (it has started), Invalid,
    RoomTaken, NoCapacity; nothing is written then.
    """
    conference = current(db, key, version)
    idle = conference.state in IDLE
    if conference.state not in CHANGEABLE:
        raise WrongMove(state=conference.state, to="changed")
    if not idle and conference.starts <= now:
        raise TooLate(starts=conference.starts.isoformat())
    if booking.host_unit_id != conference.host_unit_id:
        raise Invalid([FieldError("host", "fixed")])  # else another office's rules would be asked
    opening = find_current_opening(db, conference.id)
    wanted = plan(
        db, booking, now=now, rules=rules, draft=idle, except_id=conference.id,
        bridge_id=opening.bridge_id if opening else None,
    )  # fmt: skip
    was = _Was(_columns(conference), [site.room_id for site in list_sites(db, conference.id)])
    place = Place([])
    if not idle:
        take_locks(db, lock_keys([*list_holds(db, conference.id), *claims(wanted)]))
        found = survey(db, wanted, rules, except_id=conference.id)
        found.refuse()
        place = found.place
        add_known(db, known_rows(conference.id, wanted.clashes, actor=actor, now=now))
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules)
    columns |= {"booked_ends": booking.ends, "altered": conference.original_starts is not None}
    _write(db, conference, wanted, place, columns, was, version=version, actor=actor, now=now, rules=rules, quiet=quiet)
    _audit(db, conference, was, booking.room_ids, actor=actor, now=now)
    poke(db, *(f"room:{room_id}" for room_id in {*was.rooms, *booking.room_ids}))
    return Booked(conference.id, key, version + 1)


def _write(
    db: Session, conference: Conference, wanted: Plan, place: Place, columns: dict[str, Any], was: _Was, *,
    version: int, actor: str, now: datetime, rules: Rules, quiet: bool,
) -> None:  # fmt: skip
    """The rows of a change, as the state asks for: nothing held, a request, or people who were invited."""
    booking, state = wanted.booking, conference.state
    needs = () if state in IDLE else approval_needs(booking, rules)
    anew = was.asks_anew(columns, booking.room_ids)
    people = invited(db, conference)
    if state in IDLE:
        _set_columns(db, conference, columns | {"due": None, "hold_until": None}, version)
    elif state == "pending" and needs:
        set_displacement(db, conference.id, "changed", by=actor, now=now)
        due = first_due("pending", wanted.times, columns["hold_until"], now)
        _set_columns(db, conference, columns | {"due": due}, version)
        ask(db, conference, wanted, place, needs if anew else (), actor=actor, now=now, rules=rules)
    elif state != "pending" and not (needs and anew):
        _set_columns(db, conference, columns, version)
    returned = sync_party(db, conference, wanted.party, booking, now, place.profiles)
    known = {invitee.mail for invitee in wanted.party.invitees}
    gone = [person for person in people if person.mail not in known]
    if state == "pending" and not needs:
        set_open_approvals(db, conference.id, "withdrawn", now=now, by=actor)
        bind(db, conference, wanted, place, columns, act="booked", actor=actor, now=now, rules=rules)
    elif state not in (*IDLE, "pending") and needs and anew:
        owe_edition(db, conference, wanted.party, "removed", gone, now=now, expires=conference.ends)
        wait(db, conference, wanted, place, columns, needs, actor=actor, now=now, rules=rules)
    elif state not in (*IDLE, "pending"):
        sync_commitments(db, conference, place, now=now)
        mailed = is_mailed_change(was.columns, columns, was.rooms, booking.room_ids)
        major = is_major_change(was.columns, columns)
        quiet = quiet and is_lesser_change(was.columns, columns, was.rooms, booking.room_ids)
        due = gathered(now, rules.timing.gather, (was.columns["starts"], conference.starts))
        owe_change(
            db, conference, wanted.party, people, mailed=mailed, major=major, returned=returned, now=now, due=due,
            quiet=quiet,
        )  # fmt: skip


def cancel(db: Session, key: str, *, version: int, reason: str, actor: str, now: datetime) -> Booked:
    """Cancel what has not ended: rooms are given back, everybody who was invited is told, the video room is closed.

    Raises NotFound, Stale, WrongMove, TooLate (its end has come), Invalid (no reason).
    """
    conference = current(db, key, version)
    state, said = conference.state, reason.strip()
    if not said:
        raise Invalid([FieldError("reason", "required")])
    check_cancellable(conference, now=now)
    rooms = [site.room_id for site in list_sites(db, conference.id)]
    set_open_approvals(db, conference.id, "withdrawn", now=now, by=actor)
    if state not in IDLE:
        release(db, conference, "cancelled", reason=said, now=now)
    move(
        db, conference.id, "cancelled", expected=state, act="cancelled", actor=actor, now=now, reason=said,
        values={"due": None},
    )  # fmt: skip
    poke(db, *(f"room:{room_id}" for room_id in rooms))
    return Booked(conference.id, key, version + 1)


def check_cancellable(conference: Conference, *, now: datetime) -> None:
    """Raises WrongMove, or TooLate for a sitting whose end has come although its room is still open: it took place, and
    news of its cancellation would be of no use to anybody the moment it is written."""
    if "cancelled" not in MOVES[conference.state]:
        raise WrongMove(state=conference.state, to="cancelled")
    if conference.state not in IDLE and conference.ends <= now:
        raise TooLate(ends=conference.ends.isoformat())


def _columns(conference: Conference) -> dict[str, Any]:
    return {c.name: getattr(conference, c.name) for c in Conference.__table__.columns}


def _set_columns(db: Session, conference: Conference, columns: dict[str, Any], version: int) -> None:
    if not set_columns(db, conference.id, columns, version=version):
        raise Stale(version=version)
    db.refresh(conference)


def _audit(
    db: Session, conference: Conference, was: _Was, rooms: tuple[int, ...], *, actor: str, now: datetime
) -> None:
    def shown(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    names = [name for name in _IN_AUDIT if was.columns[name] != getattr(conference, name)]
    old = {name: shown(was.columns[name]) for name in names}
    new = {name: shown(getattr(conference, name)) for name in names}
    if was.rooms != list(rooms):
        old["rooms"], new["rooms"] = was.rooms, list(rooms)
    add_change(db, "conference", conference.id, "changed", actor=actor, now=now, before=old, after=new)
