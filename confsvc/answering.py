"""An answer that came in by mail, taken: what it means is decided by iTIP (pure), what we keep of it is written here.

Nothing that comes in moves, cancels or opens anything. What is not surely from whom it says is kept apart and shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from confsvc.answer_entry import entry_of
from integrations.calendar.itip import answering
from integrations.calendar.itip.apply import PARTSTATS, Trust, apply_incoming
from integrations.calendar.itip.event import Answer, Event, Moment
from integrations.calendar.itip.outcome import Outcome
from integrations.calendar.itip.reading import Parsed, Part, Unreadable, read
from integrations.mail.explain import Explained
from rooms.errors import Invalid
from scheduler.answering.answers import note_unverified, record
from scheduler.answering.proposals import Times, propose
from scheduler.answering.queries import delete_answers
from scheduler.answering.resend import resend
from scheduler.answering.said import Said
from scheduler.answering.strangers import Brought, bring
from scheduler.queries import find_calendar_item, lock_calendar_item

KINDS = ("reply", "counter", "refresh")
MOST_PARTS = 60
"""VEVENTs of one answer: of a weekly meeting, a year's dates answered one by one."""


class Incoming(Protocol):
    """The stored mail."""

    @property
    def id(self) -> int: ...


@dataclass(frozen=True)
class House:
    """``organizer``: our own mailbox, as ORGANIZER in every invitation; "" does not look at it. ``authserv_id``: the
    name under which our mail server writes Authentication-Results; "" believes no such header. ``mailboxes``:
    addresses that were our organizer before."""

    organizer: str = ""
    authserv_id: str = ""
    mailboxes: tuple[str, ...] = ()


NOBODY = House()


def take(db: Session, mail: Incoming, explained: Explained, *, now: datetime, house: House = NOBODY) -> str:
    """Take the answer that ``mail`` brought (``explained``: its kind is reply, counter or refresh) and write down what
    it means. A unit of work; the same mail taken twice changes nothing.

    Returns the decision's code: those of `integrations.calendar.itip.outcome`, or "resent", "not_resent", "too_many",
    "not_an_answer". Never raises for what a mail holds.
    """
    if explained.kind not in KINDS or explained.calendar is None:
        return "not_an_answer"
    try:
        parsed = read(explained.calendar)
    except Unreadable:
        return "invalid"
    if not parsed.parts or len(parsed.parts) > MOST_PARTS:
        return "invalid"
    uid, sender = parsed.parts[0].uid, explained.from_address
    if find_calendar_item(db, uid) is None:
        return "unknown_uid"
    lock_calendar_item(db, uid)
    trust = Trust({}, (), house.mailboxes, authentic=_is_authentic(explained.authentication, house.authserv_id))
    codes: list[str] = []
    for part in parsed.parts:
        event = entry_of(db, uid, sender, organizer=house.organizer)
        if event is None:
            return "unknown_uid"
        one = Parsed(parsed.method, (part,))
        outcome = apply_incoming(event, one, sender, now=now, occurs=_no_other, trust=trust)
        codes.append(_Taken(db, uid, mail.id, sender, event, parsed.method, part, outcome, now).write())
    return next((code for code in codes if code in ("applied", "delegated", "counter", "resent")), codes[0])


def _no_other(_event: Event, _date: Moment) -> bool:
    """All dates of ours are in the entry by themselves."""
    return False


def _is_authentic(results: str, authserv_id: str) -> bool:
    """False where our own mail server says that the sender's domain disowns the mail."""
    if not authserv_id or not results:
        return True
    writer, _, said = results.partition(";")
    ours = writer.split()[:1] == [authserv_id]
    return not (ours and re.search(r"\bdmarc\s*=\s*fail\b", said, re.IGNORECASE))


@dataclass(frozen=True)
class _Taken:
    """One VEVENT of an answer with the decision about it."""

    db: Session
    uid: str
    mail_id: int
    sender: str
    event: Event
    method: str
    part: Part
    outcome: Outcome
    now: datetime

    def write(self) -> str:
        outcome = self.outcome
        match outcome.code:
            case "applied" | "delegated":
                return self._applied()
            case "old_version":
                return self._old()
            case "unverified":
                return self._unverified()
            case "pending_guest":
                return self._stranger()
            case "counter":
                return self._counter()
            case "refresh":
                sent = resend(self.db, self.uid, outcome.attendee or self.sender, now=self.now)
                return "resent" if sent else "not_resent"
        return outcome.code

    def _applied(self) -> str:
        outcome, answer = self.outcome, self.outcome.answer or self._answer("")
        deputy = outcome.deputy
        if deputy is not None:
            try:
                named = Brought(deputy.mail, deputy.cn, self._date(answer), through=answer.mail, mail_id=self.mail_id)
                bring(self.db, self.uid, named, now=self.now)
            except Invalid:
                return "invalid"
        said = self._said(answer, deputy.mail if deputy else None)
        record(self.db, self.uid, said, now=self.now)
        if outcome.erased:
            dates = [one.instant() for one in outcome.erased]
            delete_answers(self.db, self.uid, answer.mail, dates)
        return outcome.code

    def _old(self) -> str:
        """Kept beside the others, as an answer to something that has changed since."""
        answer = self._answer("TENTATIVE" if self.method == "COUNTER" else self.outcome.partstat or "")
        known = self.outcome.reason in ("sequence", "cancelled") and answer.partstat in PARTSTATS
        if known and self._is_invited and answering.out_of_order(self.event, answer) is None:
            record(self.db, self.uid, self._said(answer, None, old=True), now=self.now)
        return "old_version"

    def _unverified(self) -> str:
        answer = self._answer(self.outcome.partstat or "NEEDS-ACTION")
        if not self._is_invited or answer.partstat not in PARTSTATS or not self._is_ours:
            return "unverified"
        said = self._said(answer, None)
        kept = note_unverified(self.db, self.uid, said, self.sender, self.outcome.reason, now=self.now)
        return "unverified" if kept else "too_many"

    def _stranger(self) -> str:
        who = self.outcome.deputy
        if who is None:
            return "invalid"
        answer = self._answer(who.partstat)
        through = next((one for one in who.delegated_from if self._has(one)), "")
        comes = Brought(
            who.mail, who.cn, self._date(answer), through, who.partstat, answer.comment, answer.reply_sequence,
            answer.reply_dtstamp, mail_id=self.mail_id,
        )  # fmt: skip
        try:
            kept = bring(self.db, self.uid, comes, now=self.now)
        except Invalid:
            return "invalid"
        return "pending_guest" if kept else "too_many"

    def _counter(self) -> str:
        outcome, answer = self.outcome, self._answer("TENTATIVE")
        if outcome.starts is None or outcome.ends is None:
            return "invalid"
        said = self._said(answer, None)
        times = Times(outcome.starts.instant(), outcome.ends.instant())
        if not propose(self.db, self.uid, said, times, now=self.now):
            return "duplicate"
        if answering.out_of_order(self.event, answer) is None:
            record(self.db, self.uid, said, now=self.now)
        return "counter"

    def _answer(self, partstat: str) -> Answer:
        """What would be kept; ``partstat`` where it is not what the mail says."""
        made = answering.answer_of(self.part, self.outcome, self.event, self.now)
        return Answer(
            made.mail, made.recurrence_id, made.reply_sequence, made.reply_dtstamp, partstat or made.partstat,
            made.comment, made.received_at,
        )  # fmt: skip

    def _said(self, answer: Answer, deputy: str | None, *, old: bool = False) -> Said:
        return Said(
            answer.mail, answer.partstat, answer.reply_sequence, answer.reply_dtstamp, self._date(answer),
            answer.comment, old=old, delegated_to=deputy, mail_id=self.mail_id,
        )  # fmt: skip

    def _date(self, answer: Answer) -> datetime | None:
        """The original start of the date as we keep it, whatever form the answer names it in."""
        if answer.recurrence_id is None:
            return None
        date = self.event.override(answer.recurrence_id)
        named = date.recurrence_id if date is not None else None
        return (named or answer.recurrence_id).instant()

    @property
    def _is_ours(self) -> bool:
        return self.part.recurrence_id is None or self.event.override(self.part.recurrence_id) is not None

    @property
    def _is_invited(self) -> bool:
        return self._has(self.outcome.attendee or "")

    def _has(self, mail: str) -> bool:
        return any(one.attendee(mail) is not None for one in self.event.entries)
