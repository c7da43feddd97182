"""Where a wish finds its place: what it would hold of rooms, lines and a video host, and what stands in the way.

Rooms are judged by the database in the end, amounts by the locks: ``survey`` under ``locked`` in a later statement is
the check that counts, anywhere else it is an answer to somebody who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from scheduler.booking.booking import Booking, Rules
from scheduler.booking.limits import is_urgent
from scheduler.booking.party import Party
from scheduler.booking.place.capacity import (
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
from scheduler.booking.place.capacity_queries import (
    TakenAmount,
    list_bridge_amounts,
    list_bridge_peaks,
    list_line_amounts,
    list_line_peaks,
)
from scheduler.booking.place.carried import carried_top
from scheduler.booking.place.found import Place as Place
from scheduler.booking.place.found import Survey as Survey
from scheduler.booking.place.reservations import BRIDGE, LINE, OFFICE, ROOM, Hold, room_holds
from scheduler.booking.place.unlocked import Unlocked, look
from scheduler.booking.plan import Plan
from scheduler.booking.queries import LinePart, list_taken
from scheduler.booking.quotas import quota_errors
from scheduler.errors import Full, Taken
from scheduler.timing import squeezed, without_lead

UNKNOWN = LineLimit(None, None)


def claims(plan: Plan) -> list[Hold]:
    """Everything whose lock the wish needs, without amounts: these are decided under the locks."""
    booking, times = plan.booking, plan.times
    found = room_holds(booking.room_ids, times.room_from, times.room_until)
    if booking.has_video:
        found += [Hold(LINE, line_id, times.join_at, times.ends_grace) for line_id in _lines(plan.party)]
    if plan.bridge_id is not None and plan.bridge_limited:
        found.append(Hold(BRIDGE, plan.bridge_id, times.opens, times.ends_grace))
    if plan.counted:
        found.append(Hold(OFFICE, booking.host_unit_id, times.starts, times.ends))
    return found


def survey(
    db: Session, plan: Plan, rules: Rules, *, except_id: int = 0, besides: Sequence[Hold] = (),
    siblings: Sequence[Booking] = (), seen: Unlocked | None = None, rooms_free: bool = False,
) -> Survey:  # fmt: skip
    """The place for a wish as things stand; ``except_id``: the conference that is changed and not in its own way.
    ``besides``: what is not written yet and will be held too, by other dates of its series: ``siblings``. ``seen``:
    what was looked at before the locks. ``rooms_free``: who asks knows that already."""
    seen = seen or look(db, plan, except_id=except_id)
    plan, times = replace(plan, expected=seen.expected), plan.times
    taken = _own_rooms(plan, besides)
    if not rooms_free:
        span = (times.room_from, times.room_until)
        taken = list_taken(db, plan.booking.room_ids, *span, plan.day, except_id=except_id) + taken
    if not is_urgent(plan.booking, rules):
        found = _survey(db, plan, rules, taken, except_id, besides, seen)
        if plan.counted:
            found.over = quota_errors(db, plan.booking, rules=rules, except_id=except_id, besides=siblings)
        return found
    times = squeezed(times, [(one.starts, one.ends) for one in taken])
    taken = [one for one in taken if one.starts < times.room_until and one.ends > times.room_from]
    found = _survey(db, replace(plan, times=times), rules, taken, except_id, besides, seen)
    if found.full:
        tight = _survey(db, replace(plan, times=without_lead(times)), rules, taken, except_id, besides, seen)
        return found if tight.full else tight
    return found


def _survey(
    db: Session, plan: Plan, rules: Rules, taken: list[Taken], except_id: int, besides: Sequence[Hold], seen: Unlocked
) -> Survey:
    """The same for times that stand."""
    booking, party, times = plan.booking, plan.party, plan.times
    found = Survey(Place(room_holds(booking.room_ids, times.room_from, times.room_until), times=times), taken)
    if not booking.has_video:
        return found
    size = len(party.rooms) + _online_guests(party)
    around = _Around(db, plan, rules, size, except_id, besides, seen)
    used = _lines_into(found, around)
    if plan.bridge_id is not None:
        _bridge_into(found, plan.bridge_id, used, around)
    return found


class _Around(NamedTuple):
    """What every part of one survey looks at; ``size``: how many send."""

    db: Session
    plan: Plan
    rules: Rules
    size: int
    except_id: int
    besides: Sequence[Hold]
    seen: Unlocked

    def own(self, kind: int, since: datetime, until: datetime) -> dict[int, Amount]:
        """The most that other dates of the series take of each line or host during [since, until)."""
        there: dict[int, list[Load]] = {}
        for hold in self.besides:
            if hold.kind == kind:
                there.setdefault(hold.id, []).append(Load(hold.starts, hold.ends, hold.amount))
        return {resource_id: peak(loads, since, until) for resource_id, loads in there.items()}


def _own_rooms(plan: Plan, besides: Sequence[Hold]) -> list[Taken]:
    """Rooms that another date of the same series will hold for some of the time."""
    times, unit = plan.times, plan.party.host.short
    names = {room.room_id: room.name for room in plan.party.rooms}
    return [
        Taken(hold.id, names[hold.id], unit, hold.starts, hold.ends)
        for hold in besides
        if hold.kind == ROOM and hold.id in names and hold.starts < times.room_until and hold.ends > times.room_from
    ]


def _lines(party: Party) -> dict[int, LinePart]:
    return {room.line.line_id: room.line for room in party.rooms if room.line is not None}


def _online_guests(party: Party) -> int:
    """People with a link of their own; contacts get the letters of their office and sit in its room."""
    return sum(invitee.role != "contact" for invitee in party.invitees)


def _lines_into(found: Survey, around: _Around) -> list[Profile]:
    """Give every site the best profile that its line still carries, none better than asked for and than what its room
    carried lately; rooms of one building share their line.

    What a site takes it takes for the whole span, so it adds to the peak of the others.
    """
    party, times, profiles = around.plan.party, around.plan.times, around.rules.profiles
    top, size = around.plan.booking.top_profile, around.size
    taken = list_line_peaks(around.db, list(_lines(party)), times.join_at, times.ends_grace, except_id=around.except_id)
    own = around.own(LINE, times.join_at, times.ends_grace)
    taken |= {line_id: taken.get(line_id, Amount()) + more for line_id, more in own.items()}
    booking, used = around.plan.booking, []
    for room in party.rooms:
        line = room.line
        fullest = taken.get(line.line_id, Amount()) if line is not None else Amount()
        best = _lower(profiles, top, carried_top(profiles, around.seen.carried.get(room.room_id, ()), booking.starts))
        profile = best_profile(profiles, line.limit if line is not None else UNKNOWN, fullest, size, top=best)
        if profile is None:
            profile = profiles[-1]
            if line is not None:
                found.full.append(_full_line(line, fullest, profile, around))
        amount = Amount(0, profile.kbps_up, profile.down(size))
        if line is not None:
            taken[line.line_id] = fullest + amount
            found.place.holds.append(Hold(LINE, line.line_id, times.join_at, times.ends_grace, amount))
        found.place.profiles[room.room_id] = profile.code
        used.append(profile)
    return used


def _lower(profiles: Sequence[Profile], top: str, other: str) -> str:
    """Of two profiles that none may exceed, the one that binds; "" when neither does."""
    return up_to(up_to(profiles, top), other)[0].code if top or other else ""


def _full_line(line: LinePart, taken: Amount, least: Profile, around: _Around) -> Full:
    whole, times = line.limit.amount, around.plan.times
    measure, needed = "kbps_up", least.kbps_up
    if taken.kbps_up + needed <= whole.kbps_up:
        measure, needed = "kbps_down", least.down(around.size)
    free = getattr(whole, measure) - getattr(taken, measure)
    holders = list_line_amounts(
        around.db, [line.line_id], times.join_at, times.ends_grace, around.plan.day, except_id=around.except_id
    )
    return _full("line", line.line_id, line.name, measure, needed, free, holders)


def _bridge_into(found: Survey, bridge_id: int, used: list[Profile], around: _Around) -> None:
    """Take seats and kbit/s of the host, or say what it lacks and how many sites would fit."""
    times, rules, guests = around.plan.times, around.rules, _online_guests(around.plan.party)
    limit, ids, span = rules.bridge_limit(bridge_id), [bridge_id], (times.opens, times.ends_grace)
    wanted = bridge_amount(used, guests, around.size, rules.guest_profile)
    wanted = around.plan.expected.reduced(wanted) if around.plan.expected else wanted
    found.place.bridge_id = bridge_id
    found.place.holds.append(Hold(BRIDGE, bridge_id, *span, wanted))
    if not limit.known and not around.seen.closed:
        return
    fullest = list_bridge_peaks(around.db, ids, *span, except_id=around.except_id).get(bridge_id, Amount())
    fullest += around.own(BRIDGE, *span).get(bridge_id, Amount())
    if fits_bridge(limit, fullest, wanted):
        return
    measure, most, taken, needed = "seats", limit.seats, fullest.seats, wanted.seats
    if most is None or taken + needed <= most:
        measure, most, taken, needed = "kbps_up", limit.kbps, fullest.kbps_up, wanted.kbps_up
    holders = list_bridge_amounts(around.db, ids, *span, around.plan.day, except_id=around.except_id)
    fits = largest_size(limit, fullest, rules.profiles[-1])
    found.full.append(_full("bridge", bridge_id, "", measure, needed, (most or 0) - taken, holders, fits=fits))


def _full(
    what: str, resource_id: int, name: str, measure: str, needed: int, free: int, there: Sequence[TakenAmount],
    fits: int | None = None,
) -> Full:  # fmt: skip
    holders = tuple(dict.fromkeys(one.holder for one in there if one.holder))
    until = min((one.load.ends for one in there), default=None)
    return Full(what, resource_id, name, measure, needed, max(free, 0), holders, until, fits)
