"""Maintenance and closures: rooms, lines and video hosts are taken for a time as a conference takes them.

What a conference holds is never displaced: the closure is refused, and whoever closes speaks with the offices first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.booking.conference_rows import new_conference_key, raise_taken
from scheduler.booking.place.capacity import CLOSED, Amount
from scheduler.booking.place.capacity_queries import TakenAmount, list_bridge_amounts, list_line_amounts
from scheduler.booking.place.closure_queries import (
    add_closure_row,
    add_held,
    delete_held_from,
    find_locked_closure,
    list_closure_holds,
    list_named,
)
from scheduler.booking.place.lock_queries import take_gate, take_locks
from scheduler.booking.place.reservations import BRIDGE, LINE, ROOM, Hold, lock_keys, reservation_rows
from scheduler.booking.queries import list_taken
from scheduler.errors import Full, NoCapacity, RoomTaken, Taken
from scheduler.local_time import local_day
from scheduler.models import LONGEST_SPAN

KINDS = ("maintenance", "closed")
LONGEST = timedelta(days=92)
LONGEST_REASON = 200
MOST = 300
"""Rooms, lines and hosts of one closure."""


@dataclass(frozen=True)
class ClosureWish:
    """What shall be closed from when to when (aware, half-open). ``kind``: "maintenance" or "closed" (the room is used
    otherwise). ``reason`` is shown to everybody."""

    kind: str
    reason: str
    starts: datetime
    ends: datetime
    room_ids: tuple[int, ...] = ()
    line_ids: tuple[int, ...] = ()
    bridge_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class InTheWay:
    """What stands in the way of a closure: rooms that are held, lines and hosts that carry something then."""

    taken: tuple[Taken, ...] = ()
    full: tuple[Full, ...] = ()

    def refuse(self) -> None:
        """Raises RoomTaken or NoCapacity."""
        if self.taken:
            raise RoomTaken(self.taken, self.full)
        if self.full:
            raise NoCapacity(self.full)


def add_closure(db: Session, wish: ClosureWish, *, actor: str, now: datetime) -> str:
    """Take everything named for the whole time; the closure's key.

    Raises Invalid with every wrong field; RoomTaken and NoCapacity when a conference or another closure is there.
    """
    names = list_named(db, wish.room_ids, wish.line_ids, wish.bridge_ids)
    if errors := list(_errors(wish, {kind: set(found) for kind, found in names.items()}, now)):
        raise Invalid(errors)
    holds = list(_holds(wish))
    if wish.bridge_ids:
        take_gate(db)  # bookings on a host whose amounts are not checked take no lock of it
    else:
        take_locks(db, lock_keys(holds))
    in_the_way(db, wish).refuse()
    key, reason = new_conference_key(), wish.reason.strip()
    row = {"key": key, "kind": wish.kind, "reason": reason, "starts": wish.starts, "ends": wish.ends}
    closure_id = add_closure_row(db, row | {"made_by": actor, "made_at": now, "lifted_at": None})
    try:
        add_held(db, reservation_rows(holds, holding=True, closure_id=closure_id))
    except IntegrityError as problem:
        raise_taken(problem)
    what = [name for kind in names.values() for name in kind.values()]
    add_change(db, "closure", closure_id, "added", actor=actor, now=now, after=_shown(row) | {"closes": what})
    poke(db, *(f"room:{room_id}" for room_id in wish.room_ids))
    return key


def lift_closure(db: Session, key: str, *, actor: str, now: datetime) -> None:
    """Give back from now on what a closure holds; what is past stays as it was. Lifting it twice changes nothing.

    Raises NotFound.
    """
    closure = find_locked_closure(db, key)
    if closure is None:
        raise NotFound(kind="closure", key=key)
    if closure.lifted_at is not None or closure.ends <= now:
        return
    holds = list_closure_holds(db, closure.id)
    kept = [hold._replace(ends=now) for hold in holds if hold.starts < now < hold.ends]
    delete_held_from(db, closure.id, now)
    add_held(db, reservation_rows(kept, holding=True, closure_id=closure.id))
    closure.lifted_at = now
    add_change(
        db, "closure", closure.id, "lifted", actor=actor, now=now,
        before=_shown({name: getattr(closure, name) for name in ("key", "kind", "reason", "starts", "ends")}),
    )  # fmt: skip
    poke(db, *(f"room:{hold.id}" for hold in holds if hold.kind == ROOM))


def in_the_way(db: Session, wish: ClosureWish) -> InTheWay:
    """Who holds what of it. Under the locks this is what counts, anywhere else an answer."""
    day, span = local_day(wish.starts), (wish.starts, wish.ends)
    since = wish.starts
    taken: list[Taken] = []
    lines: list[TakenAmount] = []
    hosts: list[TakenAmount] = []
    for starts, ends in _parts(*span):
        taken += list_taken(db, wish.room_ids, starts, ends, day)
        lines += list_line_amounts(db, wish.line_ids, starts, ends, day)
        hosts += list_bridge_amounts(db, wish.bridge_ids, starts, ends, day)
    names = list_named(db, (), wish.line_ids, wish.bridge_ids)
    full = [*_full("line", lines, names[LINE], since), *_full("bridge", hosts, names[BRIDGE], since)]
    return InTheWay(tuple(dict.fromkeys(taken)), tuple(full))


def _full(what: str, found: list[TakenAmount], names: dict[int, str], since: datetime) -> Iterator[Full]:
    measure = "kbps_up" if what == "line" else "seats"
    for resource_id in dict.fromkeys(one.resource_id for one in found):
        mine = [one for one in found if one.resource_id == resource_id]
        holders = tuple(dict.fromkeys(one.holder for one in mine if one.holder))
        until = max(one.load.ends for one in mine)
        yield Full(what, resource_id, names[resource_id], measure, 0, 0, holders, max(until, since))


def _holds(wish: ClosureWish) -> Iterator[Hold]:
    """Rows of three days at most, since searches by start rely on that."""
    for kind, ids, amount in (
        (ROOM, wish.room_ids, Amount()), (LINE, wish.line_ids, Amount(0, CLOSED.kbps_up, CLOSED.kbps_down)),
        (BRIDGE, wish.bridge_ids, CLOSED),
    ):  # fmt: skip
        for starts, ends in _parts(wish.starts, wish.ends):
            yield from (Hold(kind, resource_id, starts, ends, amount) for resource_id in ids)


def _parts(starts: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    while starts < ends:
        yield starts, min(starts + LONGEST_SPAN, ends)
        starts += LONGEST_SPAN


def _errors(wish: ClosureWish, known: dict[int, set[int]], now: datetime) -> Iterator[FieldError]:
    if wish.kind not in KINDS:
        yield FieldError("kind", "unknown_value")
    if len(wish.reason.strip()) < 3:
        yield FieldError("reason", "too_short", {"min": 3})
    elif len(wish.reason) > LONGEST_REASON:
        yield FieldError("reason", "too_long", {"max": LONGEST_REASON})
    if wish.ends <= wish.starts:
        yield FieldError("ends", "before_start")
    elif wish.ends - wish.starts > LONGEST:
        yield FieldError("ends", "span_too_long", {"days": LONGEST.days})
    elif wish.ends <= now:
        yield FieldError("ends", "in_the_past")
    wanted = {ROOM: wish.room_ids, LINE: wish.line_ids, BRIDGE: wish.bridge_ids}
    count = sum(len(ids) for ids in wanted.values())
    if not 1 <= count <= MOST:
        yield FieldError("rooms", "too_many" if count else "required", {"max": MOST})
    for kind, field, code in (
        (ROOM, "rooms", "no_such_room"),
        (LINE, "lines", "unknown"),
        (BRIDGE, "hosts", "unknown"),
    ):
        if not set(wanted[kind]) <= known[kind]:
            yield FieldError(field, code)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
