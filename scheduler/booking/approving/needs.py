"""Whose approval a wish needs, whether it holds its rooms meanwhile, and until when its letter is waited for.

(pure) A head of office decides in his own scope (QĐ 45/2018/QĐ-TTg, article 27); whoever wants a leader of the province
asks the committee's office first; the operator is asked for what may be too large for lines and video hosts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.booking.booking import Booking, Rules
from scheduler.kinds import CHAIRMAN, LEADER
from scheduler.local_time import instant, local_day
from scheduler.timing import spans

HEAD, HALL, OPERATOR = "head", "hall", "operator"
EMERGENCY, LINE_TEST = "emergency", "line_test"
SHORTEST_HOLD = timedelta(hours=24)


@dataclass(frozen=True)
class Need:
    """One function that is asked. ``unit_id``: the office whose head it is, None for the whole province. ``reasons``:
    "rule" (a rule of the house), "leader" (a leader of the province chairs), "capacity" (many sites)."""

    function: str
    unit_id: int | None
    reasons: tuple[str, ...]


def approval_needs(booking: Booking, rules: Rules) -> tuple[Need, ...]:
    """Everybody who is asked, one entry a function; empty when it can be booked at once.

    An emergency and a trial run wait for nobody, unless a rule says so of that kind itself.
    """
    about = {"kind": booking.kind, "unit_id": booking.host_unit_id, "day": local_day(booking.starts)}
    found = rules.book.found("approval_by", **about)  # type: ignore[arg-type]
    free = booking.kind in (EMERGENCY, LINE_TEST)
    by = str(found.value) if not free or (found.row and found.row.kind == booking.kind) else "none"
    hall = [code for code, asked in (("rule", by == HALL), (LEADER, _leader(booking) and not free)) if asked]
    needs = []
    if by == "own_head":
        needs.append(Need(HEAD, booking.host_unit_id, ("rule",)))
    if hall:
        needs.append(Need(HALL, None, tuple(hall)))
    most = rules.book.found("operator_above", **about).number  # type: ignore[arg-type]
    if booking.has_video and not free and most is not None and len(booking.room_ids) > most:
        needs.append(Need(OPERATOR, None, ("capacity",)))
    return tuple(needs)


def _leader(booking: Booking) -> bool:
    return booking.chair_level in (LEADER, CHAIRMAN)


def holds_while_pending(booking: Booking, rules: Rules) -> bool:
    """Whether a request of this host keeps its rooms from others while it waits."""
    day = local_day(booking.starts)
    return rules.book.flag("pending_holds", kind=None, unit_id=booking.host_unit_id, day=day)


def may_approve_own(host_unit_id: int, day: date, rules: Rules) -> bool:
    """Whether somebody who holds the function may decide on a request of his own."""
    return rules.book.flag("self_approval", kind=None, unit_id=host_unit_id, day=day)


def letter_due(booking: Booking, *, now: datetime, rules: Rules) -> datetime | None:
    """When the rooms fall free if no number of a letter was recorded; None: never.

    The end of office hours so many working days before, but not within a day from now, and never so late that the
    video room is made ready already. Urgent kinds and what was ordered by word of mouth need no number.
    """
    day = local_day(booking.starts)
    if booking.letter_number.strip() or booking.verbal_order.strip() or rules.book.urgent(booking.kind, day):
        return None
    days = rules.book.found("letter_by_days", kind=booking.kind, unit_id=booking.host_unit_id, day=day).number
    if days is None:
        return None
    for _ in range(int(days)):
        day = _working_day_before(day, rules)
    office = rules.calendar.spans_on(day)
    due = max(office[-1][1] if office and days else instant(day), now + SHORTEST_HOLD)
    latest = spans(booking.starts, booking.ends, rules.timing).opens - timedelta(minutes=10)
    if not days:
        due = max(latest, now + SHORTEST_HOLD)
    return due if due <= latest else None


def _working_day_before(day: date, rules: Rules) -> date:
    before = day - timedelta(days=1)
    while not rules.calendar.is_working(before) and (day - before).days < 30:
        before -= timedelta(days=1)
    return before
