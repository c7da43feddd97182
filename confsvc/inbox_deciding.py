"""What is done about a mail that came in, as one unit of work: reports are noted, answers handed on, words forwarded.

Nothing a mail says moves, cancels or opens anything. Only a report that proves which letter it is about counts: by the
sealed return address it came to, or by the Message-ID of a letter that only its recipient has seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsvc.answering import House, take
from confsvc.sender import Sender
from integrations.mail.bounces import weight
from integrations.mail.explain import Explained
from integrations.mail.explain_bounce import Recipient
from rooms.once import poke
from scheduler import inbox_queries as queries
from scheduler import outbox
from scheduler.booking.queries import list_contacts
from scheduler.inbox_models import IncomingMail
from scheduler.models import Conference, Effect

FAILING_AFTER, FAILING_WITHIN = 2, timedelta(days=7)
MOST_FORWARDED = 10
"""Mails of one sender in a day that are passed on to people."""
FORWARDED = "forwarded"
_UID = re.compile(rb"^UID:([0-9A-Za-z-]{1,64})@", re.IGNORECASE | re.MULTILINE)
_OURS = re.compile(r"<([0-9a-f-]{8,64})\.[^@\s<>]{1,200}@([^\s<>@]+)>", re.IGNORECASE)


@dataclass(frozen=True)
class Door:
    """Who we are to those who write, and who gets what answers no letter (``operator``), and how our
    mail server names itself where it says what it found about a sender (``authserv_id``, RFC 8601)."""

    sender: Sender
    operator: str | None = None
    authserv_id: str = ""


def decide(db: Session, mail_id: int, explained: Explained, door: Door, *, now: datetime) -> bool:
    """Decide on one stored mail; False when another did, or is at it."""
    mail = queries.find_undecided(db, mail_id)
    if mail is None:
        return False
    mail.kind, mail.reason = explained.kind, explained.reason
    mail.from_mail, mail.message_id = explained.from_address, explained.message_id or mail.message_id
    mail.code, mail.decided_at = _code(db, mail, explained, door, now), now
    db.flush()
    poke(db, "inbox", *([f"conference:{mail.conference_id}"] if mail.conference_id else []))
    return True


def _code(db: Session, mail: IncomingMail, explained: Explained, door: Door, now: datetime) -> str:
    if explained.kind in ("bounce", "abuse-report"):
        return _report(db, mail, explained, now)
    if explained.kind in ("reply", "counter", "refresh"):
        return _answer(db, mail, explained, door, now)
    if explained.kind == "human":
        return _forward(db, mail, explained, door, now)
    return "ignored" if explained.kind == "auto-reply" else "refused"


def _answer(db: Session, mail: IncomingMail, explained: Explained, door: Door, now: datetime) -> str:
    """Hand an answer on to whoever looks after answers."""
    found = _UID.search((explained.calendar or b"").replace(b"\n ", b""))
    conference = queries.find_conference_of_uid(db, found[1].decode("ascii")) if found else None
    mail.conference_id = conference.id if conference else None
    sender = door.sender
    house = House(organizer=sender.mail, authserv_id=door.authserv_id)
    return take(db, mail, explained, now=now, house=house)


def _report(db: Session, mail: IncomingMail, explained: Explained, now: datetime) -> str:
    effect = _letter(db, explained)
    if effect is None:
        return "unknown_letter"
    mail.effect_id, mail.conference_id = effect.id, effect.conference_id
    about = str(effect.payload.get("mail", "")).lower()
    recipient = _of_letter(explained, about)
    weighs = weight(recipient.action, recipient.status)
    queries.add_reports(
        db,
        [
            {
                "mail_id": mail.id, "mail": about, "action": recipient.action, "status": recipient.status,
                "diagnostic": recipient.diagnostic[:500], "weight": weighs, "at": now, "effect_id": effect.id,
            }
        ],
    )  # fmt: skip
    if explained.kind == "abuse-report":
        queries.set_trouble(db, about, "stopped", "", now)
        return "address_stopped"
    refused = queries.count_hard(db, about, now - FAILING_WITHIN) if weighs == "hard" else 0
    if weighs == "gone" or refused >= FAILING_AFTER:
        queries.set_trouble(db, about, "failing", recipient.status, now)
        return "address_failing"
    return {"hard": "not_delivered", "soft": "delayed", "none": "delivered"}[weighs]


def _letter(db: Session, explained: Explained) -> Effect | None:
    """The letter that a report is surely about."""
    if explained.outbox_id:
        return queries.find_effect(db, int(explained.outbox_id)) if explained.outbox_id.isdecimal() else None
    told = queries.find_told_letter(db, explained.about) if explained.about else None
    return queries.find_letter_to(db, told.uid, told.mail) if told else None


def _of_letter(explained: Explained, about: str) -> Recipient:
    """What the report says of the letter's recipient; it may name the address that his mail is forwarded to."""
    if explained.kind == "abuse-report":
        return Recipient(about, "complaint", "")
    named = [one for one in explained.recipients if one.address == about]
    if not named and len(explained.recipients) == 1:
        named = list(explained.recipients)
    return named[0] if named else Recipient(about, "failed", "")


def _forward(db: Session, mail: IncomingMail, explained: Explained, door: Door, now: datetime) -> str:
    """Pass a person's words on: to the host of the conference whose letter they answer, else to the operator."""
    conference = _answered(db, explained, door.sender)
    mail.conference_id = conference.id if conference else None
    if queries.count_forwarded(db, explained.from_address, now - timedelta(days=1)) >= MOST_FORWARDED:
        return "too_many"
    contacts = list_contacts(db, [conference.host_unit_id]) if conference and not conference.demo else []
    people = [(contact.mail, contact.name, contact.language) for contact in contacts]
    if not conference and door.operator:
        people = [(door.operator, "", "vi")]
    people = [one for one in people if one[0].lower() not in (explained.from_address, door.sender.mail.lower())]
    if not people:
        return "nobody_to_tell"
    said = {
        "from": explained.from_address, "text": explained.words[:20_000], "at": now.replace(microsecond=0).isoformat(),
        "key": conference.key if conference else "", "title": conference.title if conference else "",
        "mail_id": mail.id,
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            "kind": FORWARDED, "key": f"forwarded:{mail.id}:{to}", "chain": f"forwarded:{to}",
            "conference_id": conference.id if conference else None, "due": now, "expires": now + timedelta(days=3),
            "created": now, "payload": {"mail": to, "name": name, "language": language, **said},
        }
        for to, name, language in people
    ]  # fmt: skip
    outbox.owe(db, rows)
    return "forwarded" if conference else "forwarded_to_operator"


def _answered(db: Session, explained: Explained, sender: Sender) -> Conference | None:
    """The conference whose letter is answered: the newest Message-ID of ours that the mail names."""
    for named in (explained.in_reply_to, *reversed(explained.references)):
        found = _OURS.fullmatch(named)
        if found and found[2].lower() == sender.domain.lower():
            return queries.find_conference_of_uid(db, found[1].lower())
    return None
