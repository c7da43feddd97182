"""Maintenance and closures: rooms, lines and video hosts are taken for a time as a conference takes them.

What a conference holds is never displaced: whoever closes sees it first and confirms it, the closure is written around
it, and the conference carries a mark until it is moved. Nobody else gets the room then: what is not held is closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from scheduler.booking.place.closure_queries import (
    add_closure_row,
    add_held,
    delete_held_from,
    find_locked_closure,
    list_closed_rooms,
    list_closure_holds,
    list_named,
)
from scheduler.booking.place.hit import Span, confirm, mark, parts_around, unmark_open
from scheduler.booking.place.hit_queries import list_hit, list_room_spans
from scheduler.booking.place.lock_queries import take_gate, take_locks
from scheduler.booking.place.reservations import BRIDGE, LINE, ROOM, Hold, lock_keys, reservation_rows
from scheduler.errors import RoomTaken
from scheduler.models import LONGEST_SPAN
from scheduler.trouble import PLACE_CLOSED

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


def add_closure(db: Session, wish: ClosureWish, *, actor: str, now: datetime, seen: str = "") -> str:
    """Take everything named for the whole time; the closure's key. ``seen`` confirms the conferences that stay.

    Raises Invalid with every wrong field; RoomTaken when another closure is there; StillBooked when conferences are
    there that nobody confirmed.
    """
    names = list_named(db, wish.room_ids, wish.line_ids, wish.bridge_ids)
    if errors := list(_errors(wish, {kind: set(found) for kind, found in names.items()}, now)):
        raise Invalid(errors)
    holds = list(_holds(wish, {}))
    if wish.bridge_ids:
        take_gate(db)  # bookings on a host whose amounts are not checked take no lock of it
    else:
        take_locks(db, lock_keys(holds))
    if closed := list_closed_rooms(db, wish.room_ids, wish.starts, wish.ends):
        raise RoomTaken(closed)
    hits = list_hit(db, wish.room_ids, wish.line_ids, wish.bridge_ids, wish.starts, wish.ends)
    confirm(db, hits, seen)
    busy = list_room_spans(db, wish.room_ids, wish.starts, wish.ends)
    key, reason = new_conference_key(), wish.reason.strip()
    row = {"key": key, "kind": wish.kind, "reason": reason, "starts": wish.starts, "ends": wish.ends}
    closure_id = add_closure_row(db, row | {"made_by": actor, "made_at": now, "lifted_at": None})
    try:
        add_held(db, reservation_rows(_holds(wish, busy), holding=True, closure_id=closure_id))
        add_held(db, reservation_rows(_held_by_others(wish, busy), holding=False, closure_id=closure_id))
    except IntegrityError as problem:
        raise_taken(problem)
    what = [name for kind in names.values() for name in kind.values()]
    add_change(db, "closure", closure_id, "added", actor=actor, now=now, after=_shown(row) | {"closes": what})
    mark(db, hits, PLACE_CLOSED, actor=actor, now=now)
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
    held, shown = (list_closure_holds(db, closure.id, holding=holding) for holding in (True, False))
    holds = [*held, *shown]
    delete_held_from(db, closure.id, now)
    for rows, holding in ((held, True), (shown, False)):
        kept = [hold._replace(ends=now) for hold in rows if hold.starts < now < hold.ends]
        add_held(db, reservation_rows(kept, holding=holding, closure_id=closure.id))
    closure.lifted_at = now
    unmark_open(db, actor=actor, now=now)
    add_change(
        db, "closure", closure.id, "lifted", actor=actor, now=now,
        before=_shown({name: getattr(closure, name) for name in ("key", "kind", "reason", "starts", "ends")}),
    )  # fmt: skip
    poke(db, *(f"room:{hold.id}" for hold in holds if hold.kind == ROOM))


def _holds(wish: ClosureWish, busy: Mapping[int, Sequence[Span]]) -> Iterator[Hold]:
    """Rows of three days at most, since searches by start rely on that; of a room only when nobody is in it."""
    for kind, ids, amount in (
        (ROOM, wish.room_ids, Amount()), (LINE, wish.line_ids, Amount(0, CLOSED.kbps_up, CLOSED.kbps_down)),
        (BRIDGE, wish.bridge_ids, CLOSED),
    ):  # fmt: skip
        for resource_id in ids:
            there = busy.get(resource_id, ()) if kind == ROOM else ()
            free, _ = parts_around(wish.starts, wish.ends, there)
            yield from (Hold(kind, resource_id, *part, amount) for span in free for part in _parts(*span))


def _held_by_others(wish: ClosureWish, busy: Mapping[int, Sequence[Span]]) -> Iterator[Hold]:
    """The times at which conferences are in these rooms: when they leave, it is closed then too."""
    for room_id, there in busy.items():
        _, taken = parts_around(wish.starts, wish.ends, there)
        yield from (Hold(ROOM, room_id, starts, ends) for starts, ends in taken)


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
