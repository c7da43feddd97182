"""Taking rooms from others: who may, and what it would do, found out by doing it and undoing it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from confsvc.access import Actor, holds_any
from confsvc.database import Database
from rooms.errors import Invalid, NotAllowed
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.giving_way.preempt import Changed, Rehearsed, rehearse
from scheduler.booking.giving_way.rivals import Preview
from scheduler.errors import NoPlace, Stale, TooLate, WrongMove
from scheduler.local_time import local_day

SHORTEST_TITLE = 3


def may_displace(actor: Actor, booking: Booking, rules: Rules) -> bool:
    """Whether the rule ``emergency_by`` names a function that ``actor`` holds for the host; never for a wish that waits
    for somebody's approval itself."""
    day = local_day(booking.starts)
    by = rules.book.value("emergency_by", kind=booking.kind or None, unit_id=booking.host_unit_id, day=day)
    return isinstance(by, tuple) and holds_any(actor, by, booking.host_unit_id) and not approval_needs(booking, rules)


def require_displace(actor: Actor, booking: Booking, rules: Rules) -> None:
    """Raises NotAllowed unless `may_displace`."""
    if not may_displace(actor, booking, rules):
        raise NotAllowed(permission="displace")


async def rehearsal(
    database: Database, booking: Booking, *, actor: Actor, now: datetime, rules: Rules, changed: Changed | None = None
) -> Preview:
    """Who would give way and what would become of each; nothing is written. ``changed``: the conference that the wish
    changes. Raises as `preempt`."""
    try:
        await database.write(rehearse, booking, actor=actor.text, now=now, rules=rules, changed=changed)
    except Rehearsed as done:
        return done.preview
    raise AssertionError("a rehearsal always ends by saying what it found")


async def offer(
    database: Database, booking: Booking, *, actor: Actor, now: datetime, rules: Rules, changed: Changed | None = None
) -> Preview | None:
    """The same for a form that may still lack what only a booking needs; None when nothing can be offered."""
    if not may_displace(actor, booking, rules):
        return None
    title = booking.title if len(booking.title.strip()) >= SHORTEST_TITLE else "-" * SHORTEST_TITLE
    whole = replace(booking, title=title, no_secrets=True, clash_confirmed=True)
    try:
        found = await rehearsal(database, whole, actor=actor, now=now, rules=rules, changed=changed)
    except (NoPlace, Invalid, NotAllowed, Stale, TooLate, WrongMove):
        return None
    return found if found.ways else None
