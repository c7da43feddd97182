"""The live answer of the booking form: may it happen so, what stands in the way, and which ways lead out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsvc.web.pages.wish import Wish, form_errors
from rooms.errors import FieldError
from scheduler.booking.approving.needs import Need, approval_needs, holds_while_pending
from scheduler.booking.book import check
from scheduler.booking.booking import Rules, Warning_
from scheduler.booking.limits import notice_days
from scheduler.booking.party import find_party
from scheduler.booking.ways.ways_out import WaysOut, ways_out
from scheduler.errors import Full, Taken
from scheduler.local_time import local_day
from scheduler.timing import Spans, spans


@dataclass(frozen=True)
class Answer:
    """``invited``: addresses that will be written to; ``notice``: working days between, ``required``: what the
    rule asks for when it is short; ``outside``: offices are closed for some of it; ``ways``: what else could be done;
    ``profiles``: the picture that each room's line would carry, by room id; ``times``: with buffers, None without a
    readable time; ``needs``: who is asked before it is booked, and ``holding``: whether the rooms are kept
    meanwhile."""

    taken: tuple[Taken, ...]
    full: tuple[Full, ...]
    errors: tuple[FieldError, ...]
    short: bool
    notice: int
    required: int
    outside: bool
    invited: int
    offices: int
    sites: int
    clashes: tuple[Warning_, ...]
    ways: WaysOut
    timed: bool
    profiles: Mapping[int, str]
    times: Spans | None
    needs: tuple[Need, ...] = ()
    holding: bool = True

    @property
    def ok(self) -> bool:
        return self.timed and not self.taken and not self.full and not self.errors


def answer(db: Session, wish: Wish, *, now: datetime, rules: Rules, except_id: int = 0) -> Answer:
    """Look without booking; errors are under the form's names, all of them."""
    booking = wish.booking
    findings = check(db, booking, now=now, rules=rules, except_id=except_id)
    timed = not {e.field for e in wish.errors} & {"date", "start", "end"} and booking.starts < booking.ends
    party, _ = find_party(db, booking, local_day(booking.starts))
    taken, full = (findings.taken, findings.full) if timed else ((), ())
    said = {warning.code: warning.data for warning in findings.warnings} if timed else {}
    refused = any(error.code == "notice_too_short" for error in findings.errors)
    return Answer(
        needs=approval_needs(booking, rules), holding=holds_while_pending(booking, rules),
        taken=taken, full=full, errors=tuple(form_errors(wish, findings.errors)), timed=timed,
        short="short_notice" in said and not refused, notice=notice_days(now, booking.starts, rules.calendar),
        required=said.get("short_notice", {}).get("required", 0), outside="outside_hours" in said,
        invited=len(party.invitees) if party else 0,
        offices=len({room.unit.unit_id for room in party.rooms} | {u.unit_id for u in party.units}) if party else 0,
        sites=len(booking.room_ids),
        clashes=tuple(w for w in findings.warnings if w.code == "person_clash") if timed else (),
        ways=ways_out(db, booking, now=now, rules=rules, taken=taken, full=full, except_id=except_id)
        if taken or full
        else WaysOut(),
        profiles=findings.profiles,
        times=(findings.times or spans(booking.starts, booking.ends, rules.timing)) if timed else None,
    )  # fmt: skip
