"""Urgent things are told by a second way, too: what is urgent and whom it concerns is decided here, by which way at the
edge.

Urgent are: an emergency that was booked, a meeting that had to give way, one that is called off or moved less than a
day before its start, and the last reminder where a rule says so. Told are the chair and the sites' contacts whose
telephone stands in the directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from scheduler import outbox
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.rule_queries import list_rules
from scheduler.rulebook import RuleBook
from scheduler.telling.news import event_of
from scheduler.telling.news_queries import News, find_conference
from scheduler.telling.urgent_queries import Called, list_called

URGENT = "urgent"
EMERGENCY, DISPLACED, CANCELLED, MOVED, SOON = "emergency", "displaced", "cancelled", "moved", "soon"
SHORT_NOTICE = timedelta(hours=24)
_ALIVE = frozenset({"planned", "provisioned", "open"})
_OFF = frozenset({"cancelled", "postponed"})
_STILL: dict[str, frozenset[str]] = {
    EMERGENCY: _ALIVE, MOVED: _ALIVE, SOON: _ALIVE, CANCELLED: _OFF, DISPLACED: _ALIVE | _OFF | {"pending"},
}  # fmt: skip
"""In which states of the conference each is still true."""


def owe_urgent(
    db: Session, conference: Conference, what: str, *, mark: str, now: datetime, expires: datetime
) -> None:  # fmt: skip
    """Owe that people are told ``what``; ``mark`` tells one piece of news of a conference from another."""
    if conference.demo or expires <= now:
        return
    row = {
        "kind": URGENT, "key": f"{URGENT}:{conference.id}:{mark}", "chain": f"{URGENT}:{conference.id}",
        "conference_id": conference.id, "due": now, "expires": expires, "created": now,
        "payload": {"what": what, "starts": conference.starts.isoformat(), "mark": mark},
    }  # fmt: skip
    outbox.owe(db, [row])


def tell_urgent(db: Session, news: Sequence[News], now: datetime) -> None:
    """Owe what of these changes is urgent; what is over by now is left out."""
    book = RuleBook(list_rules(db, ("urgent",))) if news else RuleBook()
    for one in news:
        if event_of(one.before, one.after) is None:
            continue
        conference = find_conference(db, one.conference_id)
        what = urgent_of(one, conference, book) if conference is not None else None
        if conference is not None and what is not None:
            owe_urgent(db, conference, what, mark=f"change-{one.id}", now=now, expires=conference.ends)


def urgent_of(one: News, conference: Conference, book: RuleBook) -> str | None:
    """What of a change is urgent, with the conference as it is now. Nobody was told of what has no calendar entry."""
    event = event_of(one.before, one.after)
    if conference.uid is None:
        return None
    if one.act in ("displaced", "sites_out"):
        return DISPLACED
    if event == "cancelled":
        return CANCELLED if _is_soon(one, conference.starts) else None
    times = _starts(one)
    if event in ("changed", "booked") and len(times) == 2 and any(_is_soon(one, at) for at in times):
        return MOVED
    if event == "booked" and book.urgent(conference.kind, local_day(conference.starts)):
        return EMERGENCY
    return None


def _is_soon(one: News, starts: datetime) -> bool:
    return timedelta() < starts - one.at <= SHORT_NOTICE


def _starts(one: News) -> set[datetime]:
    """The start before and after, where the change says them."""
    said = [(values or {}).get("starts") for values in (one.before, one.after)]
    return {datetime.fromisoformat(str(at)) for at in said if at}


def urgent_words(db: Session, conference_id: int, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an urgent message says, read when it leaves; None when it is no longer true."""
    conference = find_conference(db, conference_id)
    if conference is None or conference.state not in _STILL[payload["what"]]:
        return None
    starts = conference.starts.isoformat()
    if payload["what"] == SOON and payload["starts"] != starts:
        return None
    return {
        "what": payload["what"], "key": conference.key, "title": conference.title, "starts": starts,
        "ends": conference.ends.isoformat(), "form": conference.form, "contact_phone": conference.contact_phone,
    }  # fmt: skip


def called(db: Session, conference_id: int) -> list[Called]:
    """Whom it concerns, with telephones as they stand in the directory."""
    return list_called(db, conference_id)
