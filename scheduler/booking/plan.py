"""A wish that makes sense: with its party as of its day and all its times, ready to be given a place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from rooms.errors import Invalid
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.clashes import Clash, refuse_unconfirmed
from scheduler.booking.objections import is_counted, objections
from scheduler.booking.party import Party, find_party
from scheduler.booking.place.expected import ShowRate
from scheduler.local_time import local_day
from scheduler.timing import Spans, spans


@dataclass(frozen=True)
class Plan:
    """One conference about to be written. ``bridge_id``: the video host it would be on, None without video;
    ``bridge_limited``: somebody has said what that host carries, so its amounts are decided under its lock;
    ``counted``: a rule limits how much its office books, so that is counted under a lock too; ``clashes``: of people,
    newly confirmed; ``expected``: of its series, by which seats of the host are reserved."""

    booking: Booking
    party: Party
    times: Spans
    bridge_id: int | None
    bridge_limited: bool = False
    counted: bool = False
    clashes: tuple[Clash, ...] = ()
    expected: ShowRate | None = None

    @property
    def day(self) -> date:
        """The local day whose names and rules hold."""
        return local_day(self.booking.starts)


def plan(
    db: Session, booking: Booking, *, now: datetime, rules: Rules, draft: bool = False, except_id: int = 0,
    bridge_id: int | None = None,
) -> Plan:  # fmt: skip
    """Raises Invalid with every wrong field, also when somebody would sit in two places and nobody has confirmed it.
    Its rooms stay in use until the end of the transaction.

    ``except_id``: the conference that is changed; ``bridge_id``: the host it is on already.
    """
    errors = objections(db, booking, now=now, rules=rules, draft=draft, except_id=except_id)
    party, party_errors = (None, []) if errors else find_party(db, booking, local_day(booking.starts), held=True)
    if party is None:
        raise Invalid(errors + party_errors)
    made = plan_with(booking, party, rules, bridge_id=bridge_id)
    if draft:
        return made
    clashes = refuse_unconfirmed(db, booking, except_id=except_id)
    counted = is_counted(db, booking, rules, except_id=except_id)
    return replace(made, clashes=clashes, counted=counted) if clashes or counted else made


def plan_with(booking: Booking, party: Party, rules: Rules, *, bridge_id: int | None = None) -> Plan:
    """The plan of a wish that was checked elsewhere."""
    host = (bridge_id or next(iter(rules.bridges), None)) if booking.has_video else None
    limited = host is not None and rules.bridge_limit(host).known
    return Plan(booking, party, spans(booking.starts, booking.ends, rules.timing), host, limited)
