"""Writing down what somebody answered, and answering from the page behind the personal link.

Which of several mails counts is decided before (it is newer than what is stored); a page's answer is always the newest.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from scheduler.answering import queries
from scheduler.answering.said import COMMENT_BYTES, Said, short, tell
from scheduler.answering.strangers import Brought, bring
from scheduler.errors import TooLate, WrongMove
from scheduler.models import Answer, Conference, Unverified
from scheduler.queries import lock_calendar_item

MOST_UNVERIFIED = 200
ON_PAGE = ("ACCEPTED", "TENTATIVE", "DECLINED", "DELEGATED")
ANSWERED = ("planned", "provisioned", "open")
"""States in which an answer from the page is of use to somebody."""


def record(db: Session, uid: str, said: Said, *, now: datetime) -> None:
    """Write down that this is now the newest answer of that address. The entry is locked by the caller or here."""
    lock_calendar_item(db, uid)
    values = {
        "partstat": said.partstat, "comment": short(said.comment), "reply_sequence": said.sequence,
        "reply_dtstamp": said.dtstamp, "received_at": now, "source": said.source, "old_version": said.old,
        "delegated_to": said.delegated_to, "mail_id": said.mail_id,
    }  # fmt: skip
    row = queries.find_answer(db, uid, said.part, said.mail)
    if row is None:
        queries.add_row(db, Answer(uid=uid, recurrence_id=said.part, mail=said.mail, **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
        db.flush()
    tell(db, uid)


def note_unverified(db: Session, uid: str, said: Said, sender: str, why: str, *, now: datetime) -> bool:
    """Keep an answer of which nobody knows who gave it; the last of a sender in somebody's name. False when there are
    too many of this entry to look at another."""
    lock_calendar_item(db, uid)
    values = {
        "partstat": said.partstat, "comment": short(said.comment), "why": why, "received_at": now,
        "mail_id": said.mail_id,
    }  # fmt: skip
    row = queries.find_unverified(db, uid, said.part, said.mail, sender)
    if row is not None:
        for name, value in values.items():
            setattr(row, name, value)
        db.flush()
    elif len(queries.list_unverified(db, uid)) < MOST_UNVERIFIED:
        one = Unverified(uid=uid, recurrence_id=said.part, mail=said.mail, sender=sender, **values)
        queries.add_row(db, one)
    else:
        return False
    tell(db, uid)
    return True


def answer_on_page(
    db: Session, conference: Conference, mail: str, partstat: str, *, whole: bool = False, comment: str = "",
    deputy: str = "", deputy_name: str = "", now: datetime,
) -> None:  # fmt: skip
    """What somebody invited answers from the page behind his link, about this conference; of a series about this date,
    or with ``whole`` about all of them. ``deputy``: the address of whoever goes in his place; waits for the host.

    Raises NotFound (not invited now), WrongMove, TooLate (it is over), Invalid.
    """
    guest = queries.find_guest(db, conference.id, mail)
    uid = conference.uid
    if guest is None or guest.removed_at is not None or uid is None:
        raise NotFound(kind="guest", key="")
    if conference.state not in ANSWERED:
        raise WrongMove(state=conference.state, to="answered")
    if conference.ends <= now:
        raise TooLate(ends=conference.ends.isoformat())
    errors = [] if partstat in ON_PAGE else [FieldError("answer", "unknown_value")]
    if len(comment.encode()) > COMMENT_BYTES:
        errors.append(FieldError("comment", "too_long", {"max": COMMENT_BYTES // 2}))
    deputy = deputy.strip().lower()
    if partstat == "DELEGATED" and deputy in ("", mail):
        errors.append(FieldError("deputy", "required"))
    if errors:
        raise Invalid(errors)
    item, part = lock_calendar_item(db, uid), None if whole else conference.recurrence_id
    before = queries.find_answer(db, uid, part, mail)
    stamp = now.replace(microsecond=0)
    if before is not None and before.reply_dtstamp is not None:
        stamp = max(stamp, before.reply_dtstamp + timedelta(seconds=1))
    said = Said(mail, partstat, item.sequence, stamp, part, comment, source="page")
    if partstat == "DELEGATED":
        bring(db, uid, Brought(deputy, deputy_name, part, through=mail, source="page"), now=now)
        said = replace(said, delegated_to=deputy)
    record(db, uid, said, now=now)
    after = {"partstat": partstat}
    add_change(db, "conference", conference.id, "guest_answered", actor=f"guest:{guest.id}", now=now, after=after)
