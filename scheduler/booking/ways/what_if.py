"""Can all units of some levels sit at once? Looked at against rooms, lines and the video host; nothing is booked.

Where the host is too small for all at once, the units are cut into as few sittings as fit, one after another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.place_queries import RoomOn, list_rooms
from rooms.queries import UnitOn, list_units
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.party import find_party
from scheduler.booking.place.capacity import Amount, BridgeLimit
from scheduler.booking.place.holding import Place, Survey, survey
from scheduler.booking.place.reservations import BRIDGE
from scheduler.booking.plan import plan_with
from scheduler.booking.ways.sittings import parts
from scheduler.errors import Full, Taken
from scheduler.local_time import LOCAL, instant, local_day
from scheduler.timing import Timing

MOST_SITTINGS = 40
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Question:
    """``levels`` of units; the main site is the host's first room. ``top_profile`` as in Booking."""

    levels: tuple[str, ...]
    host_unit_id: int
    starts: datetime
    ends: datetime
    top_profile: str = ""


@dataclass(frozen=True)
class Look:
    """Some rooms at one time: what is taken and full, what each line would carry, and what the host would give."""

    starts: datetime
    ends: datetime
    rooms: tuple[RoomOn, ...]
    taken: tuple[Taken, ...]
    full: tuple[Full, ...]
    profiles: dict[int, str]
    wanted: Amount

    @property
    def ok(self) -> bool:
        return not self.taken and not self.full


@dataclass(frozen=True)
class WhatIf:
    """``roomless``: units that have no room; ``lineless``: rooms whose line nobody entered or measured; ``whole``: all
    at once; ``sittings``: the fewest that the host carries, each at a time of its own, empty where none fits."""

    units: int
    roomless: tuple[UnitOn, ...]
    lineless: tuple[RoomOn, ...]
    whole: Look
    limit: BridgeLimit
    sittings: tuple[Look, ...]


def what_if(db: Session, question: Question, *, rules: Rules) -> WhatIf:
    """Everything as of the question's day. A look only: whoever books is checked again."""
    day = local_day(question.starts)
    rooms = list_rooms(db, day)
    first: dict[int, RoomOn] = {}
    for room in rooms:
        first.setdefault(room.unit_id, room)
    units = [unit for unit in list_units(db, day) if unit.level in question.levels]
    roomless = tuple(unit for unit in units if unit.id not in first)
    main = first.get(question.host_unit_id)
    asked = [first[unit.id] for unit in units if unit.id in first and unit.id != question.host_unit_id]
    whole = _look(db, question, [*filter(None, [main]), *asked], question.starts, rules)
    lineless = tuple(room for room in whole.rooms if room.kbps_up is None or room.kbps_down is None)
    bridge_id = next(iter(rules.bridges), 0)
    sittings = tuple(_sittings(db, question, main, asked, rules)) if rules.bridges else ()
    return WhatIf(len(units), roomless, lineless, whole, rules.bridge_limit(bridge_id), sittings)


def _sittings(
    db: Session, question: Question, main: RoomOn | None, asked: Sequence[RoomOn], rules: Rules
) -> Iterator[Look]:
    """The fewest parts of about equal size that the host carries at their times."""
    count = next((n for n in range(1, MOST_SITTINGS + 1) if _carried(db, question, main, asked, n, rules)), 0)
    starts = question.starts
    for part in parts(asked, count):
        yield _look(db, question, [*filter(None, [main]), *part], starts, rules)
        starts = _next(starts, question.ends - question.starts, rules)


def _carried(
    db: Session, question: Question, main: RoomOn | None, asked: Sequence[RoomOn], count: int, rules: Rules
) -> bool:
    """Whether the host carries the largest of ``count`` parts at the wished time."""
    largest = max(parts(asked, count), key=len, default=())
    look = _look(db, question, [*filter(None, [main]), *largest], question.starts, rules)
    return not any(full.what == "bridge" for full in look.full)


def _next(starts: datetime, length: timedelta, rules: Rules) -> datetime:
    """When the next sitting can begin: the host lets go of this one after its grace and opens the next before its
    start; on the same day within office hours, else at the same clock on the next working day."""
    timing: Timing = rules.timing
    wait = timedelta(minutes=timing.grace + timing.opens_before)
    after = starts + length + wait
    begin = instant(local_day(after))
    after = begin + -((begin - after) // STEP) * STEP
    if any(opens <= after and after + length <= closes for opens, closes in rules.calendar.spans_on(local_day(after))):
        return after
    return instant(rules.calendar.next_working_day(local_day(starts)), starts.astimezone(LOCAL).time())


def _look(db: Session, question: Question, rooms: Collection[RoomOn], starts: datetime, rules: Rules) -> Look:
    ends = starts + (question.ends - question.starts)
    booking = Booking(
        title="", kind="", form="online", host_unit_id=question.host_unit_id, starts=starts, ends=ends,
        room_ids=tuple(room.id for room in rooms), top_profile=question.top_profile,
    )  # fmt: skip
    party, _ = find_party(db, booking, local_day(starts))
    found = Survey(Place([])) if party is None else survey(db, plan_with(booking, party, rules), rules)
    wanted = next((hold.amount for hold in found.place.holds if hold.kind == BRIDGE), Amount())
    return Look(
        starts, ends, tuple(rooms), tuple(found.taken), tuple(found.full), dict(found.place.profiles), wanted
    )  # fmt: skip
