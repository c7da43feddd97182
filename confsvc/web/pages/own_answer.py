"""What a recipient has answered, and what may be answered now, for the recipient's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from confsvc.web.pages.answer_words import SAID_WORDS
from scheduler.answering.answers import ANSWERED
from scheduler.answering.current import counting
from scheduler.answering.queries import list_answers, list_conferences, list_guests_of
from scheduler.models import Conference
from scheduler.receipt_queries import find_entry

CHOICES = (("accept", "ACCEPTED"), ("tentative", "TENTATIVE"), ("decline", "DECLINED"))


@dataclass(frozen=True)
class OwnAnswer:
    """``dates``: the coming dates of a series to which the person is invited, by key; empty for a single meeting.
    ``said``: the words of what counts of all, "" for none; ``old``: it was given before the time changed."""

    uid: str
    dates: tuple[Conference, ...]
    said: str
    comment: str
    old: bool
    deputy: str
    choices: tuple[tuple[str, str], ...]


def dates_of(db: Session, item_id: int, mail: str, now: datetime) -> list[Conference]:
    """What this address can answer about: where it is invited, and that is not over."""
    item = find_entry(db, item_id)
    every = list_conferences(db, item.uid) if item is not None else []
    ahead = [one for one in every if one.state in ANSWERED and one.ends > now]
    mine = {
        guest.conference_id
        for guest in list_guests_of(db, [one.id for one in ahead])
        if guest.mail == mail and guest.removed_at is None
    }
    return [one for one in ahead if one.id in mine]


def own_answer(db: Session, item_id: int, mail: str, *, now: datetime) -> dict[str, Any]:
    """``own``: an OwnAnswer, or None where there is nothing (more) to answer."""
    dates = dates_of(db, item_id, mail, now)
    if not dates or dates[0].uid is None:
        return {"own": None}
    uid, shared = dates[0].uid, dates[0].recurrence_id is not None
    one = counting(list_answers(db, uid), None).get(mail)
    said = SAID_WORDS[one.partstat] if one is not None and one.partstat != "NEEDS-ACTION" else ""
    choices = tuple((name, SAID_WORDS[partstat]) for name, partstat in CHOICES)
    own = OwnAnswer(
        uid, tuple(dates) if shared else (), said, one.comment if one else "", bool(one and one.old_version),
        (one.delegated_to or "") if one else "", choices,
    )  # fmt: skip
    return {"own": own}
