"""Other times that the invited propose (COUNTER of RFC 5546). The host takes one by moving the conference as always, or
declines it: only who proposed it is told. Nothing moves by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.answering import queries
from scheduler.answering.said import Said, short, tell
from scheduler.booking.invitations import letter_chain, next_dtstamp
from scheduler.errors import NotAsked
from scheduler.models import Conference, Effect, Proposal
from scheduler.queries import lock_calendar_item, set_calendar_item

DECLINED = "counter_declined"
"""The kind of effect that tells somebody that his time is not taken."""
LONGEST = timedelta(days=3)
LONGEST_REASON = 500


@dataclass(frozen=True)
class Times:
    """The proposed time, half-open, aware."""

    starts: datetime
    ends: datetime

    @property
    def usable(self) -> bool:
        return self.starts < self.ends <= self.starts + LONGEST


def propose(db: Session, uid: str, said: Said, times: Times, *, now: datetime) -> bool:
    """Write down the time that somebody wants instead; a newer one of the same address takes the place of an open one.
    False for what is older than what is known, was decided on already, or is no time at all."""
    if not times.usable:
        return False
    lock_calendar_item(db, uid)
    row = queries.find_last_proposal(db, uid, said.part, said.mail)
    if row is not None and not _newer(said, row):
        return False
    values = {
        "starts": times.starts, "ends": times.ends, "comment": short(said.comment), "reply_sequence": said.sequence,
        "reply_dtstamp": said.dtstamp, "received_at": now, "mail_id": said.mail_id,
    }  # fmt: skip
    if row is None or row.state != "open":
        one = Proposal(uid=uid, recurrence_id=said.part, mail=said.mail, state="open", said="", **values)
        queries.add_row(db, one)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        db.flush()
    tell(db, uid)
    return True


def _newer(said: Said, row: Proposal) -> bool:
    if said.dtstamp is None or row.reply_dtstamp is None:
        return said.sequence > row.reply_sequence
    return (said.sequence, said.dtstamp) > (row.reply_sequence, row.reply_dtstamp)


def decline(
    db: Session, conference: Conference, proposal_id: int, *, reason: str = "", actor: str, now: datetime
) -> None:
    """The time stays. Only who proposed another one is told, after every letter that is on its way to him already.
    Raises NotFound, NotAsked (decided already), Invalid (too long a reason)."""
    uid, said = conference.uid or "", reason.strip()
    if len(said) > LONGEST_REASON:
        raise Invalid([FieldError("reason", "too_long", {"max": LONGEST_REASON})])
    one = open_proposal(db, conference, proposal_id)
    one.state, one.decided_at, one.decided_by, one.said = "declined", now, actor, said
    db.flush()
    guest = queries.find_guest(db, conference.id, one.mail)
    if guest is not None and guest.removed_at is None and conference.ends > now and not conference.demo:
        item = lock_calendar_item(db, uid)
        stamp = next_dtstamp(item.last_dtstamp, now)
        set_calendar_item(db, uid, {"last_dtstamp": stamp})
        part = one.recurrence_id.isoformat() if one.recurrence_id else None
        payload = {
            "uid": uid, "part": part, "mail": one.mail, "name": guest.name, "language": guest.language,
            "sequence": one.reply_sequence, "dtstamp": stamp.isoformat(), "proposal": one.id,
            "title": conference.title, "reason": said, "key": conference.key,
            "starts": conference.starts.isoformat(), "ends": conference.ends.isoformat(),
            "proposed_starts": one.starts.isoformat(), "proposed_ends": one.ends.isoformat(),
        }  # fmt: skip
        row = {
            "kind": DECLINED, "key": f"{DECLINED}:{one.id}", "chain": letter_chain(uid, one.mail), "state": "owed",
            "conference_id": conference.id, "payload": payload, "due": now, "expires": conference.ends, "created": now,
        }  # fmt: skip
        insert_bundle(db, [(Effect, [row])])
        poke(db, "outbox")
    after = {"mail": one.mail}
    add_change(db, "conference", conference.id, "proposal_declined", actor=actor, now=now, after=after, reason=said)
    tell(db, uid)


def open_proposal(db: Session, conference: Conference, proposal_id: int, *, locked: bool = True) -> Proposal:
    """One that is about this conference and waits for its host. Raises NotFound, NotAsked."""
    one = queries.find_proposal(db, conference.uid, proposal_id, locked=locked) if conference.uid else None
    if one is None or one.recurrence_id not in (None, conference.recurrence_id):
        raise NotFound(kind="proposal", key=str(proposal_id))
    if one.state != "open":
        raise NotAsked(state=one.state)
    return one
