"""What the invited said about one conference, as people look at it. Nothing writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from scheduler.answering import queries
from scheduler.answering.current import counting
from scheduler.booking.queries import list_guests
from scheduler.models import Answer, Conference, Proposal, Stranger, Unverified

SHOWN = ("accepted", "tentative", "delegated", "declined", "old", "none")
"""What an answer counts as, in the order in which they are shown."""
_CODES = {
    "ACCEPTED": "accepted", "TENTATIVE": "tentative", "DELEGATED": "delegated", "DECLINED": "declined",
    "NEEDS-ACTION": "none",
}  # fmt: skip
T = TypeVar("T", Proposal, Stranger, Unverified)


@dataclass(frozen=True)
class AnswerView:
    """``code``: of SHOWN; ``old``: given before the last change of the time. ``said``: the code of the answer itself.
    ``of_date``: to this date of a series alone. ``source``: mail or page; ``deputy``: who comes instead."""

    code: str
    said: str
    comment: str
    at: datetime
    source: str
    of_date: bool
    deputy: str | None = None


@dataclass(frozen=True)
class Answers:
    """By address what counts now; ``counts``: of those invited now, by SHOWN; what waits for the host; what nobody
    verified."""

    by_mail: Mapping[str, AnswerView] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    unverified: tuple[Unverified, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many things wait for the host."""
        return sum(one.state == "open" for one in self.proposals) + sum(s.state == "waiting" for s in self.strangers)

    @property
    def mark(self) -> tuple[object, ...]:
        """Tells whether it would look the same."""
        said = tuple(self.by_mail.items())
        rows = [(p.id, p.state, p.received_at) for p in self.proposals]
        people = [(s.id, s.state, s.partstat, s.comment) for s in self.strangers]
        doubtful = [(u.id, u.received_at) for u in self.unverified]
        return said, tuple(self.counts.items()), tuple(rows), tuple(people), tuple(doubtful)


def answers_of(db: Session, conference: Conference) -> Answers:
    """Empty for what has no calendar entry."""
    uid, part = conference.uid, conference.recurrence_id
    if uid is None:
        return Answers()
    found = counting(queries.list_answers(db, uid), part)
    views = {mail: _view(one) for mail, one in found.items()}
    guests = list_guests(db, conference.id)
    codes = [views[guest.mail].code if guest.mail in views else "none" for guest in guests]
    counts = {code: codes.count(code) for code in SHOWN}
    return Answers(
        views, counts,
        tuple(_about(queries.list_proposals(db, uid), part)),
        tuple(_about(queries.list_strangers(db, uid), part)),
        tuple(_about(queries.list_unverified(db, uid), part)),
        {guest.mail: guest.name for guest in guests},
    )  # fmt: skip


def _about(rows: Iterable[T], part: datetime | None) -> list[T]:
    return [one for one in rows if one.recurrence_id in (None, part)]


def _view(one: Answer) -> AnswerView:
    said = _CODES[one.partstat]
    return AnswerView(
        "old" if one.old_version and said != "none" else said, said, one.comment, one.received_at, one.source,
        one.recurrence_id is not None, one.delegated_to,
    )  # fmt: skip
