"""The statements on what came in by mail."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from rooms.once import insert_once
from scheduler.inbox_models import AddressTrouble, IncomingMail, MailReport
from scheduler.models import CalendarItem, Conference, Effect, Told


def add_mail(db: Session, values: Mapping[str, Any]) -> bool:
    """False when the same mail (by its SHA-256) is there already."""
    return insert_once(db, IncomingMail, [{"reason": "", "from_mail": "", "code": "", "attempts": 0, **values}]) == 1


def list_undecided(db: Session, limit: int) -> Sequence[int]:
    """Ids, those first that were tried least."""
    query = select(IncomingMail.id).where(IncomingMail.decided_at.is_(None))
    return db.scalars(query.order_by(IncomingMail.attempts, IncomingMail.id).limit(limit)).all()


def find_mail(db: Session, mail_id: int) -> IncomingMail | None:
    return db.get(IncomingMail, mail_id)


def find_undecided(db: Session, mail_id: int) -> IncomingMail | None:
    """The mail, locked; None when another decided on it or has it at this moment."""
    query = select(IncomingMail).where(IncomingMail.id == mail_id, IncomingMail.decided_at.is_(None))
    return db.scalar(query.with_for_update(skip_locked=True, of=IncomingMail))


def find_effect(db: Session, effect_id: int) -> Effect | None:
    return db.get(Effect, effect_id)


def find_conference_of_uid(db: Session, half: str) -> Conference | None:
    """The newest conference under a calendar entry whose UID begins so: our Message-IDs carry that half of it."""
    query = select(Conference).join(CalendarItem, CalendarItem.uid == Conference.uid)
    query = query.where(CalendarItem.uid.startswith(f"{half}@", autoescape=True))
    return db.scalars(query.order_by(Conference.id.desc()).limit(1)).first()


def find_told_letter(db: Session, message_id: str) -> Told | None:
    """Whom we told of an entry for the first time with this letter."""
    return db.scalars(select(Told).where(Told.first_message_id == message_id).limit(1)).first()


def find_letter_to(db: Session, uid: str, mail: str) -> Effect | None:
    """The last letter of an entry to an address that went out, or may have."""
    of_entry = select(Conference.id).where(Conference.uid == uid)
    query = select(Effect).where(Effect.conference_id.in_(of_entry), Effect.kind == "letter", Effect.attempts > 0)
    query = query.where(Effect.payload["mail"].as_string() == mail)
    return db.scalars(query.order_by(Effect.id.desc()).limit(1)).first()


def add_reports(db: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    return insert_once(db, MailReport, rows)


def count_hard(db: Session, mail: str, since: datetime) -> int:
    """How many letters to the address were refused for good; two reports of one letter are one."""
    query = select(func.count(func.distinct(MailReport.effect_id))).where(
        MailReport.mail == mail, MailReport.at >= since, MailReport.weight.in_(("gone", "hard")),
        MailReport.effect_id.is_not(None),
    )  # fmt: skip
    return db.scalar(query) or 0


def set_trouble(db: Session, mail: str, state: str, status: str, now: datetime) -> bool:
    """The address is failing or stopped from now on; a stopped one stays it. True when that is new."""
    row = {"mail": mail, "state": state, "status": status, "since": now}
    if insert_once(db, AddressTrouble, [row]):
        return True
    worse = update(AddressTrouble).where(AddressTrouble.mail == mail, AddressTrouble.state != state)
    if state == "failing":
        return False
    done: Any = db.execute(worse.values(state=state, status=status, since=now))
    return bool(done.rowcount)


def delete_trouble(db: Session, mail: str) -> bool:
    done: Any = db.execute(delete(AddressTrouble).where(AddressTrouble.mail == mail))
    return bool(done.rowcount)


def delete_reports(db: Session, mail: str) -> None:
    db.execute(delete(MailReport).where(MailReport.mail == mail))


def list_troubles(db: Session, mails: Collection[str]) -> dict[str, AddressTrouble]:
    """By address, those of ``mails`` (in lower case) that are failing or stopped."""
    query = select(AddressTrouble).where(AddressTrouble.mail.in_(list(mails)))
    return {row.mail: row for row in db.scalars(query)}


def list_all_troubles(db: Session, limit: int) -> Sequence[AddressTrouble]:
    """The newest first."""
    return db.scalars(select(AddressTrouble).order_by(AddressTrouble.since.desc()).limit(limit)).all()


def list_reports(db: Session, effect_ids: Collection[int]) -> dict[int, MailReport]:
    """By effect, the newest proved report about it that says that the letter did not arrive."""
    query = select(MailReport).where(MailReport.effect_id.in_(list(effect_ids)), MailReport.weight != "none")
    return {row.effect_id: row for row in db.scalars(query.order_by(MailReport.id)) if row.effect_id is not None}


def count_forwarded(db: Session, mail: str, since: datetime) -> int:
    query = select(func.count()).where(
        IncomingMail.from_mail == mail, IncomingMail.received >= since, IncomingMail.code.startswith("forwarded")
    )
    return db.scalar(query) or 0


def set_raw_gone(db: Session, *, before: datetime | None = None, conference_ids: Collection[int] = ()) -> int:
    """Take out the mails themselves: those received before, or those about these conferences."""
    chosen = IncomingMail.received < before if before else IncomingMail.conference_id.in_(list(conference_ids))
    done: Any = db.execute(update(IncomingMail).where(IncomingMail.raw.is_not(None), chosen).values(raw=None))
    return int(done.rowcount)


@dataclass(frozen=True)
class MailFilter:
    """``kind``: of MAIL_KINDS; ``search``: part of the sender's address."""

    kind: str = ""
    search: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.kind:
            found.append(IncomingMail.kind == self.kind)
        if self.search:
            found.append(IncomingMail.from_mail.contains(self.search.lower(), autoescape=True))
        return found


class MailRow(NamedTuple):
    """One mail in a list, with the conference that it is about. ``kept``: the mail itself is still there."""

    id: int
    received: datetime
    size: int
    kind: str | None
    reason: str
    from_mail: str
    code: str
    kept: bool
    effect_id: int | None
    conference_key: str | None
    title: str | None


def list_mails(db: Session, wanted: MailFilter, *, before: int | None, limit: int) -> list[MailRow]:
    """The newest first; ``before``: the id of the last one already seen."""
    query = select(
        IncomingMail.id, IncomingMail.received, IncomingMail.size, IncomingMail.kind, IncomingMail.reason,
        IncomingMail.from_mail, IncomingMail.code, IncomingMail.raw.is_not(None), IncomingMail.effect_id,
        Conference.key, Conference.title,
    ).outerjoin(Conference, Conference.id == IncomingMail.conference_id)  # fmt: skip
    query = query.where(*wanted.conditions())
    if before is not None:
        query = query.where(IncomingMail.id < before)
    return [MailRow(*row) for row in db.execute(query.order_by(IncomingMail.id.desc()).limit(limit))]


def list_reported(db: Session, mail_ids: Collection[int]) -> dict[int, list[MailReport]]:
    """By mail, what it reports."""
    found: dict[int, list[MailReport]] = {}
    for row in db.scalars(select(MailReport).where(MailReport.mail_id.in_(list(mail_ids))).order_by(MailReport.id)):
        found.setdefault(row.mail_id, []).append(row)
    return found


def count_mails(db: Session) -> dict[str, int]:
    """How many there are by kind; "" those not yet read."""
    query = select(func.coalesce(IncomingMail.kind, ""), func.count()).group_by(IncomingMail.kind)
    return {row[0]: row[1] for row in db.execute(query)}
