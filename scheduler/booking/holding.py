"""Where a wish finds its place: what it would hold of rooms, lines and a video host, and what stands in the way.

Rooms are judged by the database in the end, amounts by the locks: ``survey`` under ``locked`` in a later statement is
the check that counts, anywhere else it is an answer to somebody who asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from scheduler.booking.booking import Rules
from scheduler.booking.capacity import (
    Amount,
    LineLimit,
    Load,
    Profile,
    best_profile,
    bridge_amount,
    fits_bridge,
    largest_size,
    peak,
    up_to,
)
from scheduler.booking.capacity_queries import TakenAmount, list_bridge_amounts, list_line_amounts
from scheduler.booking.party import Party
from scheduler.booking.plan import Plan
from scheduler.booking.queries import LinePart, list_taken
from scheduler.booking.reservations import BRIDGE, LINE, Hold, room_holds
from scheduler.errors import Full, NoCapacity, RoomTaken, Taken
from scheduler.timing import Spans


@dataclass
class Place:
    """What a conference holds: the reservations, each room's profile by room id, and its video host."""

    holds: list[Hold]
    profiles: dict[int, str] = field(default_factory=dict)
    bridge_id: int | None = None


@dataclass
class Survey:
    """The place that a wish would get, and what stands in its way."""

    place: Place
    taken: list[Taken] = field(default_factory=list)
    full: list[Full] = field(default_factory=list)

    def refuse(self) -> None:
        """Raises RoomTaken or NoCapacity when something stands in the way."""
        if self.taken:
            raise RoomTaken(self.taken, self.full)
        if self.full:
            raise NoCapacity(self.full)


def claims(plan: Plan) -> list[Hold]:
    """Everything whose lock the wish needs, without amounts: these are decided under the locks."""
    booking, times = plan.booking, plan.times
    found = room_holds(booking.room_ids, times.room_from, times.room_until)
    if booking.has_video:
        found += [Hold(LINE, line_id, times.join_at, times.ends_grace) for line_id in _lines(plan.party)]
    if plan.bridge_id is not None:
        found.append(Hold(BRIDGE, plan.bridge_id, times.opens, times.ends_grace))
    return found


def survey(db: Session, plan: Plan, rules: Rules, *, except_id: int = 0) -> Survey:
    """The place for a wish as things stand; ``except_id``: the conference that is changed and not in its own way."""
    booking, party, times, day = plan.booking, plan.party, plan.times, plan.day
    found = Survey(Place(room_holds(booking.room_ids, times.room_from, times.room_until)))
    found.taken = list_taken(db, booking.room_ids, times.room_from, times.room_until, day, except_id=except_id)
    if not booking.has_video:
        return found
    size = len(party.rooms) + _online_guests(party)
    lines = _lines(party)
    loads = list_line_amounts(db, list(lines), times.join_at, times.ends_grace, day, except_id=except_id)
    used = _lines_into(found, party, loads, times, rules, size=size, top=booking.top_profile)
    if plan.bridge_id is not None:
        hosts = list_bridge_amounts(db, [plan.bridge_id], times.opens, times.ends_grace, day, except_id=except_id)
        _bridge_into(found, plan.bridge_id, used, hosts, times, rules, guests=_online_guests(party), size=size)
    return found


def _lines(party: Party) -> dict[int, LinePart]:
    return {room.line.line_id: room.line for room in party.rooms if room.line is not None}


def _online_guests(party: Party) -> int:
    """People with a link of their own; contacts get the letters of their office and sit in its room."""
    return sum(invitee.role != "contact" for invitee in party.invitees)


def _lines_into(
    found: Survey, party: Party, loads: list[TakenAmount], times: Spans, rules: Rules, *, size: int, top: str
) -> list[Profile]:
    """Give every site the best profile that its line still carries; rooms of one building share theirs."""
    profiles = rules.profiles
    taken: dict[int, list[Load]] = {}
    for one in loads:
        taken.setdefault(one.resource_id, []).append(one.load)
    used = []
    for room in party.rooms:
        line = room.line
        mine = taken.setdefault(line.line_id, []) if line is not None else []
        limit = line.limit if line is not None else LineLimit(None, None)
        fullest = peak(mine, times.join_at, times.ends_grace)
        profile = best_profile(profiles, limit, fullest, size, top=top)
        if profile is None:
            least = up_to(profiles, top)[-1]
            if line is not None:
                found.full.append(_full_line(line, fullest, least, size, loads))
            profile = least
        amount = Amount(0, profile.kbps_up, profile.down(size))
        if line is not None:
            mine.append(Load(times.join_at, times.ends_grace, amount))
            found.place.holds.append(Hold(LINE, line.line_id, times.join_at, times.ends_grace, amount))
        found.place.profiles[room.room_id] = profile.code
        used.append(profile)
    return used


def _full_line(line: LinePart, taken: Amount, least: Profile, size: int, loads: Iterable[TakenAmount]) -> Full:
    whole = line.limit.amount
    measure, needed = "kbps_up", least.kbps_up
    if taken.kbps_up + needed <= whole.kbps_up:
        measure, needed = "kbps_down", least.down(size)
    free = getattr(whole, measure) - getattr(taken, measure)
    return _full("line", line.line_id, line.name, measure, needed, free, loads)


def _bridge_into(
    found: Survey, bridge_id: int, used: list[Profile], loads: list[TakenAmount], times: Spans, rules: Rules, *,
    guests: int, size: int,
) -> None:  # fmt: skip
    """Take seats and kbit/s of the host, or say what it lacks and how many sites would fit."""
    limit, least = rules.bridge_limit(bridge_id), rules.profiles[-1]
    wanted = bridge_amount(used, guests, size, rules.guest_profile)
    fullest = peak((one.load for one in loads), times.opens, times.ends_grace)
    found.place.bridge_id = bridge_id
    found.place.holds.append(Hold(BRIDGE, bridge_id, times.opens, times.ends_grace, wanted))
    if fits_bridge(limit, fullest, wanted):
        return
    measure, most, taken, needed = "seats", limit.seats, fullest.seats, wanted.seats
    if most is None or taken + needed <= most:
        measure, most, taken, needed = "kbps_up", limit.kbps, fullest.kbps_up, wanted.kbps_up
    fits = largest_size(limit, fullest, least)
    found.full.append(_full("bridge", bridge_id, "", measure, needed, (most or 0) - taken, loads, fits=fits))


def _full(
    what: str, resource_id: int, name: str, measure: str, needed: int, free: int, loads: Iterable[TakenAmount],
    fits: int | None = None,
) -> Full:  # fmt: skip
    there = [one for one in loads if one.resource_id == resource_id]
    holders = tuple(dict.fromkeys(one.holder for one in there if one.holder))
    until = min((one.load.ends for one in there), default=None)
    return Full(what, resource_id, name, measure, needed, max(free, 0), holders, until, fits)
