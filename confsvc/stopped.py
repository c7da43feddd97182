"""Addresses to which nothing is mailed any more: their provider passed on that they do not want it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.drain import Handler
from scheduler.inbox_queries import list_troubles
from scheduler.outcomes import Claimed, Dead, Outcome

STOPPED = "the address has complained of our mail: nothing is sent to it any more (page: incoming mail)"


def unless_stopped(database: Database, doors: Mapping[str, Handler]) -> dict[str, Handler]:
    """The same doors, which send nothing to such an address."""
    return {kind: _guarded(database, door) for kind, door in doors.items()}


def _guarded(database: Database, door: Handler) -> Handler:
    async def guarded(claimed: Claimed) -> Outcome:
        mail = str(claimed.payload.get("mail") or "").lower()
        stopped = bool(mail) and await database.read(is_stopped, mail)
        return Dead(STOPPED) if stopped else await door(claimed)

    return guarded


def is_stopped(db: Session, mail: str) -> bool:
    found = list_troubles(db, [mail]).get(mail)
    return found is not None and found.state == "stopped"
