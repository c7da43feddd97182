"""Sending the entry as it is now to somebody who asks for it (REFRESH of RFC 5546), once an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from scheduler.answering.queries import find_series_of, is_resent, list_conferences, list_guests_of
from scheduler.booking.approving.stored import party_of
from scheduler.booking.invitations import letter_chain
from scheduler.booking.letters import owe_edition
from scheduler.booking.party import Invitee
from scheduler.booking.series.letters import OFF, owe_series

EVERY = timedelta(hours=1)


def resend(db: Session, uid: str, mail: str, *, now: datetime) -> bool:
    """Owe the current state to ``mail``: the same SEQUENCE, a new DTSTAMP. False when nothing is owed: he is not
    invited, it is over or does not take place, or he asked less than an hour ago."""
    if is_resent(db, letter_chain(uid, mail), now - EVERY):
        return False
    ahead = [one for one in list_conferences(db, uid) if one.ends > now and one.state not in (*OFF, "draft")]
    guests = [g for g in list_guests_of(db, [c.id for c in ahead]) if g.mail == mail and g.removed_at is None]
    if not guests:
        return False
    guest = guests[0]
    invitee = Invitee(mail, guest.name, guest.role, guest.language, guest.person_id, guest.unit_id)
    series = find_series_of(db, uid)
    if series is not None:
        owe_series(db, series, "changed", now=now, only=[invitee], bump=False, resent=True)
        return True
    for one in ahead:
        party = party_of(db, one)
        owe_edition(db, one, party, "changed", [invitee], now=now, expires=one.ends, bump=False, resent=True)
    return True
