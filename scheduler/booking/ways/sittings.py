"""A wish that is too large for the video host, cut into the fewest sittings of about equal size that fit one after
another: each with the main site and its share of the others. Booked together they count once (series/wish.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from sqlalchemy.orm import Session

from scheduler.booking.booking import Booking, Rules
from scheduler.booking.party import Party, find_party
from scheduler.booking.place.capacity import Amount, fits_bridge, largest_size
from scheduler.booking.place.holding import survey
from scheduler.booking.place.reservations import BRIDGE
from scheduler.booking.plan import plan_with
from scheduler.booking.ways.nearest import LOOK_AHEAD, nearest_times
from scheduler.errors import Full
from scheduler.local_time import LOCAL, instant, local_day
from scheduler.timing import Timing, spans

MOST_SITTINGS = 12
_MORE_TRIED = 3  # numbers of sittings for which times are looked for: a host may be busy for days
_MOMENT = timedelta(microseconds=1)
T = TypeVar("T")


@dataclass(frozen=True)
class Sitting:
    """One part at its time; the first of ``room_ids`` is the main site."""

    starts: datetime
    ends: datetime
    room_ids: tuple[int, ...]


def parts(items: Sequence[T], count: int) -> list[Sequence[T]]:
    """In their order, sizes that differ by one at most."""
    if not count:
        return []
    edges = [len(items) * n // count for n in range(count + 1)]
    return [items[low:high] for low, high in pairwise(edges) if low < high]


def part_of(booking: Booking, sitting: Sitting, *, first: bool) -> Booking:
    """What is booked of a wish for one sitting. Offices without a room of their own come where they would sit; those
    that come to the main site come to the ``first``."""
    main, there = sitting.room_ids[0], frozenset(sitting.room_ids)
    seat_of = dict(booking.seats)
    here = [
        unit for unit in booking.unit_ids
        if (first if seat_of.get(unit, main) == main else seat_of[unit] in there)
    ]  # fmt: skip
    seats = tuple(seat for seat in booking.seats if seat[0] in here)
    return replace(
        booking, starts=sitting.starts, ends=sitting.ends, room_ids=sitting.room_ids, unit_ids=tuple(here), seats=seats
    )


def sittings(
    db: Session, booking: Booking, party: Party, *, now: datetime, rules: Rules, full: Sequence[Full],
    except_id: int = 0,
) -> tuple[Sitting, ...]:  # fmt: skip
    """The fewest that fit, by time; none where the host is not what is full, or would need more than MOST_SITTINGS.

    The first is at the wished time where that is free, the next as soon after it as hall and host are free again.
    """
    plan = plan_with(booking, party, rules)
    if plan.bridge_id is None or not any(one.what == "bridge" for one in full) or len(booking.room_ids) < 3:
        return ()
    main, others = booking.room_ids[0], booking.room_ids[1:]
    most = largest_size(rules.bridge_limit(plan.bridge_id), Amount(), rules.profiles[-1])
    beside = most - 1 - sum(invitee.role != "contact" for invitee in party.invitees)
    least = -(-len(others) // beside) if beside > 0 else len(others) + 1
    search = _Search(db, booking, now, rules, except_id)
    tried = 0
    for count in range(max(least, 2), min(MOST_SITTINGS, len(others)) + 1):
        groups = [(main, *group) for group in parts(others, count)]
        if not search.carries(max(groups, key=len), plan.bridge_id):
            continue
        found = search.one_after_another(groups)
        tried += 1
        if found or tried == _MORE_TRIED:
            return found
    return ()


@dataclass(frozen=True)
class _Search:
    db: Session
    booking: Booking
    now: datetime
    rules: Rules
    except_id: int

    def carries(self, room_ids: tuple[int, ...], bridge_id: int) -> bool:
        """Whether the host carries so many when it has nothing else to do."""
        part, party = self._part(room_ids, self.booking.starts)
        if party is None:
            return False
        place = survey(self.db, plan_with(part, party, self.rules), self.rules, except_id=self.except_id).place
        wanted = next((hold.amount for hold in place.holds if hold.kind == BRIDGE), Amount())
        return fits_bridge(self.rules.bridge_limit(bridge_id), Amount(), wanted)

    def one_after_another(self, groups: Sequence[tuple[int, ...]]) -> tuple[Sitting, ...]:
        """A time for every group, or none at all."""
        found: list[Sitting] = []
        after = max(self.booking.starts, self.now + _MOMENT)
        pause = _pause(self.booking, self.rules.timing)
        for group in groups:
            starts = self._next(group, after)
            if starts is None:
                return ()
            ends = starts + (self.booking.ends - self.booking.starts)
            found.append(Sitting(starts, ends, group))
            after = ends + pause
        return tuple(found)

    def _next(self, room_ids: tuple[int, ...], after: datetime) -> datetime | None:
        if after == self.booking.starts:
            part, party = self._part(room_ids, after)
            if party is not None:
                found = survey(self.db, plan_with(part, party, self.rules), self.rules, except_id=self.except_id)
                if not found.taken and not found.full:
                    return after
        clock = self.booking.starts.astimezone(LOCAL).time()  # on later days at the wished hour again
        part, party = self._part(room_ids, instant(local_day(after), clock))
        until = min(self.booking.starts + LOOK_AHEAD, self.now + timedelta(days=self.rules.horizon_days))
        if party is None or after >= until:
            return None
        times = nearest_times(
            self.db, part, party, now=after - _MOMENT, rules=self.rules, except_id=self.except_id, most=1, until=until
        )
        return times[0].starts if times else None

    def _part(self, room_ids: tuple[int, ...], starts: datetime) -> tuple[Booking, Party | None]:
        sitting = Sitting(starts, starts + (self.booking.ends - self.booking.starts), room_ids)
        part = part_of(self.booking, sitting, first=room_ids[1] == self.booking.room_ids[1])
        party, _ = find_party(self.db, part, local_day(part.starts))
        return part, party


def _pause(booking: Booking, timing: Timing) -> timedelta:
    """How long after one sitting the next may begin: then the host has let go of it, and the hall is prepared."""
    times = spans(booking.starts, booking.ends, timing)
    host = (times.ends_grace - times.ends) + (times.starts - times.opens)
    return max(host, (times.room_until - times.ends) + (times.starts - times.room_from))
