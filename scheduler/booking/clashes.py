"""People who would sit in two conferences at once: the chair and the guests of a wish, found by mail address.

Who books must say that he knows. What somebody said is kept by conference, other conference and person, so that a later
change asks only about what is new; the host of the other conference is asked for himself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Booking, Warning_
from scheduler.booking.clash_queries import list_known
from scheduler.booking.ways.suggest_queries import list_seats
from scheduler.local_time import local_day

CONFIRMED = "clash_confirmed"


@dataclass(frozen=True)
class Clash:
    """``name`` as the wish calls somebody who sits in a conference of ``unit`` at that time; never says what about.
    ``known``: somebody has said so for the conference that is changed."""

    name: str
    mail: str
    unit: str
    starts: datetime
    ends: datetime
    conference_id: int = field(default=0, compare=False)
    known: bool = field(default=False, compare=False)

    def as_data(self) -> dict[str, Any]:
        """JSON values; times as ISO 8601 in UTC."""
        return {
            "name": self.name, "mail": self.mail, "unit": self.unit, "starts": self.starts.isoformat(),
            "ends": self.ends.isoformat(), "known": self.known,
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
    known = list_known(db, except_id) if seats and except_id else set()
    return [Clash(people[one.mail], *one, known=(one.conference_id, one.mail) in known) for one in seats]


def clash_errors(booking: Booking, clashes: Sequence[Clash]) -> list[FieldError]:
    """Somebody in two places at once must be known to the booker."""
    names = dict.fromkeys(clash.name for clash in clashes if not clash.known)
    if not names or booking.clash_confirmed:
        return []
    return [FieldError(CONFIRMED, "required", {"names": ", ".join(names)})]


def refuse_unconfirmed(db: Session, booking: Booking, *, except_id: int = 0) -> tuple[Clash, ...]:
    """What the booker says that he knows and nobody has said before, to be kept (``known_rows``, ``add_known``).

    Raises Invalid when somebody would sit in two places at once and he does not say so."""
    clashes = find_clashes(db, booking, except_id=except_id)
    if errors := clash_errors(booking, clashes):
        raise Invalid(errors)
    return tuple(clash for clash in clashes if not clash.known)


def known_rows(conference_id: int, clashes: Sequence[Clash], *, actor: str, now: datetime) -> list[dict[str, Any]]:
    """Rows of ``KnownClash``."""
    return [
        {"conference_id": conference_id, "other_id": one.conference_id, "mail": one.mail, "by": actor, "at": now}
        for one in {(clash.conference_id, clash.mail): clash for clash in clashes}.values()
    ]


def clash_warnings(clashes: Sequence[Clash]) -> list[Warning_]:
    return [Warning_("person_clash", clash.as_data()) for clash in clashes]
