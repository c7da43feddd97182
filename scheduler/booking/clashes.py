"""People who would sit in two conferences at once: the chair and the guests of a wish, found by mail address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Booking, Warning_
from scheduler.booking.ways.suggest_queries import list_seats
from scheduler.local_time import local_day

CONFIRMED = "clash_confirmed"


@dataclass(frozen=True)
class Clash:
    """``name`` as the wish calls somebody who sits in a conference of ``unit`` at that time; never says what about."""

    name: str
    mail: str
    unit: str
    starts: datetime
    ends: datetime

    def as_data(self) -> dict[str, Any]:
        """JSON values; times as ISO 8601 in UTC."""
        return {
            "name": self.name, "mail": self.mail, "unit": self.unit, "starts": self.starts.isoformat(),
            "ends": self.ends.isoformat(),
        }  # fmt: skip


def people_of(booking: Booking) -> dict[str, str]:
    """Name by mail address of the chair and the guests. Contacts of offices are no people who have to sit there."""
    people = {guest.mail.strip().lower(): guest.name.strip() for guest in booking.guests}
    if booking.chair_mail and booking.chair_mail.strip():
        mail = booking.chair_mail.strip().lower()
        people = {mail: booking.chair_name.strip() or mail} | {m: n for m, n in people.items() if m != mail}
    return people


def find_clashes(db: Session, booking: Booking, *, except_id: int = 0) -> list[Clash]:
    """Who sits elsewhere for some of the time; ``except_id``: the conference that is being changed."""
    people = people_of(booking)
    if not people or booking.ends <= booking.starts:
        return []
    day = local_day(booking.starts)
    seats = list_seats(db, list(people), booking.starts, booking.ends, day, except_id=except_id)
    return [Clash(people[seat.mail], *seat) for seat in seats]


def clash_errors(booking: Booking, clashes: Sequence[Clash]) -> list[FieldError]:
    """Somebody in two places at once must be known to the booker."""
    if not clashes or booking.clash_confirmed:
        return []
    return [FieldError(CONFIRMED, "required", {"names": ", ".join(dict.fromkeys(clash.name for clash in clashes))})]


def refuse_unconfirmed(db: Session, booking: Booking, *, except_id: int = 0) -> None:
    """Raise Invalid when somebody would sit in two places at once and the booker has not said that he knows."""
    if not booking.clash_confirmed:
        errors = clash_errors(booking, find_clashes(db, booking, except_id=except_id))
        if errors:
            raise Invalid(errors)


def clash_warnings(clashes: Sequence[Clash]) -> list[Warning_]:
    return [Warning_("person_clash", clash.as_data()) for clash in clashes]
