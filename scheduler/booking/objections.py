"""Everything that speaks against a wish before rooms are looked at: by itself, by the house's rules, by what its host
has booked already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.errors import FieldError
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.quotas import is_limited, quota_errors
from scheduler.booking.validation import field_errors
from scheduler.rule_queries import find_booked_time


def objections(
    db: Session, booking: Booking, *, now: datetime, rules: Rules, draft: bool = False, except_id: int = 0,
    besides: Sequence[Booking] = (),
) -> list[FieldError]:  # fmt: skip
    """Wrong fields. ``except_id``: the conference that is being changed; one that is booked and keeps its kind and time
    is not asked for notice again, so that a name can be put right the day before. ``besides``: earlier dates of its
    series that are not written yet."""
    moved = _is_moved(db, booking, except_id)
    errors = field_errors(booking, now=now, rules=rules, draft=draft, moved=moved)
    if booking.top_profile and booking.top_profile not in {profile.code for profile in rules.profiles}:
        errors.append(FieldError("top_profile", "unknown_value"))
    if moved and not draft:
        errors += quota_errors(db, booking, rules=rules, except_id=except_id, besides=besides)
    return errors


def is_counted(db: Session, booking: Booking, rules: Rules, *, except_id: int = 0) -> bool:
    """Whether its host's limits are counted for this wish: there are some, and it is new or changes kind or time."""
    return is_limited(booking, rules) and _is_moved(db, booking, except_id)


def _is_moved(db: Session, booking: Booking, except_id: int) -> bool:
    return not except_id or find_booked_time(db, except_id) != (booking.kind, booking.starts, booking.ends)
