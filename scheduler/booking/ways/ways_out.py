"""What a refused booker can do instead: another time, another room, several sittings, or a smaller form. Codes and
data, no text.

Asked for after a refusal, never while the locks are held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.booking.booking import Booking, Rules
from scheduler.booking.party import Party, find_party
from scheduler.booking.ways.near_queries import NearRoom, list_near_rooms, list_unit_order
from scheduler.booking.ways.nearest import carried, nearest_times
from scheduler.booking.ways.sittings import Sitting, sittings
from scheduler.booking.ways.suggest import FreeTime
from scheduler.booking.ways.suggest_queries import list_busy_spans
from scheduler.errors import Full, Taken
from scheduler.local_time import local_day
from scheduler.timing import spans

MOST_ROOMS = 3
"""Rooms offered instead of one that is taken."""
SOUND = "audio"
"""The profile without a picture."""
_NEIGHBOURS = 8


@dataclass(frozen=True)
class OtherRoom:
    """A free room that can stand in for a taken one: by id and key, with the unit that holds it."""

    instead_of: int
    room_id: int
    key: str
    room: str
    unit_id: int
    unit: str


@dataclass(frozen=True)
class Smaller:
    """A smaller form. ``code``: "without_sites" (member sites whose room or line is taken stay away), "audio_only" and
    "in_person" (where a line or host stands in the way); ``room_ids``: which sites it concerns."""

    code: str
    room_ids: tuple[int, ...]


@dataclass(frozen=True)
class WaysOut:
    """``times``: nearest common free times. ``rooms``: free rooms of the same unit. ``halls``: free halls of neighbours
    for a main site that is taken. ``shared``: a neighbour's site of this conference at which a unit can sit whose own
    room is taken. ``sittings``: parts that fit one after another where the host is too small for all at once.
    ``keys``: the public key of every room that is named by id."""

    times: tuple[FreeTime, ...] = ()
    rooms: tuple[OtherRoom, ...] = ()
    halls: tuple[OtherRoom, ...] = ()
    shared: tuple[OtherRoom, ...] = ()
    smaller: tuple[Smaller, ...] = ()
    sittings: tuple[Sitting, ...] = ()
    keys: Mapping[int, str] = field(default_factory=dict)


def ways_out(
    db: Session, booking: Booking, *, now: datetime, rules: Rules, taken: Sequence[Taken], full: Sequence[Full] = (),
    except_id: int = 0,
) -> WaysOut:  # fmt: skip
    """The ways out of a refusal because of ``taken`` rooms and ``full`` lines or hosts.

    ``except_id``: the conference that is changed. Without a party that exists on that day there is none.
    """
    party, _ = find_party(db, booking, local_day(booking.starts))
    if booking.ends <= booking.starts or party is None or not party.rooms:
        return WaysOut()
    missing = tuple(dict.fromkeys(t.room_id for t in taken))
    near = _Near.load(db, booking, rules, missing, except_id)
    return WaysOut(
        times=tuple(nearest_times(db, booking, party, now=now, rules=rules, except_id=except_id)),
        rooms=near.same_unit(),
        halls=near.halls(),
        shared=near.shared(),
        smaller=tuple(_smaller(db, booking, party, rules, missing, full, except_id)),
        sittings=sittings(db, booking, party, now=now, rules=rules, full=full, except_id=except_id),
        keys={room.room_id: room.key for room in party.rooms},
    )


def _smaller(
    db: Session, booking: Booking, party: Party, rules: Rules, missing: Sequence[int], full: Sequence[Full],
    except_id: int,
) -> Iterator[Smaller]:  # fmt: skip
    lines = {one.id for one in full if one.what == "line"}
    short = [room.room_id for room in party.rooms if room.line is not None and room.line.line_id in lines]
    away = tuple(dict.fromkeys((*missing, *short)))
    if away and booking.room_ids[0] not in away and len(booking.room_ids) > len(away):
        yield Smaller("without_sites", away)
    if not full:
        return
    sound = replace(booking, top_profile=SOUND)
    if booking.top_profile != SOUND and not missing and carried(db, sound, party, rules, except_id):
        yield Smaller("audio_only", tuple(short))
    yield Smaller("in_person", tuple(short))


@dataclass(frozen=True)
class _Near:
    """The rooms around the taken ones: all of the day, by unit too, the units in protocol order, and which are free."""

    booking: Booking
    missing: tuple[NearRoom, ...] = ()
    rooms: tuple[NearRoom, ...] = ()
    of_unit: Mapping[int, Sequence[NearRoom]] = field(default_factory=dict)
    order: Mapping[int, int] = field(default_factory=dict)
    free: frozenset[int] = frozenset()

    @classmethod
    def load(cls, db: Session, booking: Booking, rules: Rules, missing: Sequence[int], except_id: int) -> _Near:
        if not missing:
            return cls(booking)
        day = local_day(booking.starts)
        rooms = tuple(list_near_rooms(db, day))
        of_unit: dict[int, list[NearRoom]] = {}
        for room in rooms:
            of_unit.setdefault(room.unit_id, []).append(room)
        by_id = {room.id: room for room in rooms}
        gone = tuple(by_id[room_id] for room_id in missing if room_id in by_id)
        near = cls(booking, gone, rooms, of_unit, list_unit_order(db, day))
        around = [*map(near._own, gone), *map(near._neighbours, near._main())]
        times = spans(booking.starts, booking.ends, rules.timing)
        wanted = sorted({room.id for found in around for room in found})
        held = list_busy_spans(db, wanted, times.room_from, times.room_until, except_id=except_id) if wanted else {}
        return replace(near, free=frozenset(room_id for room_id, busy in held.items() if not busy))

    def _main(self) -> list[NearRoom]:
        """The main site, where that is taken."""
        return [lost for lost in self.missing if lost.id == self.booking.room_ids[0]]

    def same_unit(self) -> tuple[OtherRoom, ...]:
        return tuple(
            _other(lost, room)
            for lost in self.missing
            for room in [room for room in self._own(lost) if room.id in self.free][:MOST_ROOMS]
        )

    def halls(self) -> tuple[OtherRoom, ...]:
        """Only for the main site: whoever comes to another's hall in its place is counted as coming there."""
        return tuple(
            _other(lost, room)
            for lost in self._main()
            for room in [room for room in self._neighbours(lost) if room.id in self.free][:MOST_ROOMS]
        )

    def shared(self) -> tuple[OtherRoom, ...]:
        """The nearest site of a unit of the same level that takes part and is not taken itself."""
        if self.booking.form == "in_person":
            return ()
        gone = {lost.id for lost in self.missing}
        there = [room for room in self.rooms if room.id in self.booking.room_ids and room.id not in gone]
        found = []
        for lost in self.missing:
            if lost.id == self.booking.room_ids[0]:
                continue
            near = [room for room in there if room.unit_level == lost.unit_level and room.unit_id != lost.unit_id]
            if near:
                found.append(_other(lost, min(near, key=lambda room: self._distance(lost, room))))
        return tuple(found)

    def _own(self, lost: NearRoom) -> list[NearRoom]:
        return [room for room in self.of_unit[lost.unit_id] if room.id not in self.booking.room_ids]

    def _neighbours(self, lost: NearRoom) -> list[NearRoom]:
        """Rooms of other units of the same superior, nearest in protocol order first."""
        near = [
            room
            for room in self.rooms
            if room.unit_id != lost.unit_id and room.id not in self.booking.room_ids
            and room.unit_level == lost.unit_level and room.parent_id == lost.parent_id
        ]  # fmt: skip
        return sorted(near, key=lambda room: self._distance(lost, room))[:_NEIGHBOURS]

    def _distance(self, lost: NearRoom, room: NearRoom) -> tuple[int, int]:
        here, there = self.order.get(lost.unit_id, 0), self.order.get(room.unit_id, 0)
        return abs(here - there), there


def _other(lost: NearRoom, room: NearRoom) -> OtherRoom:
    return OtherRoom(lost.id, room.id, room.key, room.name, room.unit_id, room.unit_short)
