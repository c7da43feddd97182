"""Meetings as people read them: the public timetable of an office, and its work schedule of a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from confsvc.feeds import queries
from confsvc.feeds.content import Writer
from confsvc.feeds.queries import OFF
from confsvc.feeds.scope import Scope, Window
from scheduler.local_time import LOCAL, instant

BEFORE, AFTER = 1, 60
"""Days of a public timetable on its page and as JSON."""
NOON = 12


@dataclass(frozen=True)
class Shown:
    """One meeting. ``units``: who takes part, by short name; empty in public."""

    key: str
    starts: datetime
    ends: datetime
    title: str
    form: str
    host: str
    chair: str
    places: tuple[str, ...]
    units: tuple[str, ...]
    off: bool

    @property
    def day(self) -> date:
        return self.starts.astimezone(LOCAL).date()

    @property
    def morning(self) -> bool:
        return self.starts.astimezone(LOCAL).hour < NOON


def list_shown(db: Session, scope: Scope, first: date, last: date) -> list[Shown]:
    """What an office hosts (``scope.kind`` "public"), or hosts and attends, from one local day to another, by start.
    Requests and drafts are left out."""
    since, until = instant(first), instant(last + timedelta(days=1))
    known = queries.list_known(db, scope, Window(since, until, since))
    known = [one for one in known if since <= one.starts < until and one.state != "pending"]
    public = scope.kind == "public"
    writer = Writer(db, known, "", public=public)
    parties = {} if public else queries.list_parties(db, [one.id for one in known])
    found = []
    for one in known:
        told, content = writer.told[one.id], writer.content(one)
        chair = ", ".join(part for part in (told.chair_name, told.chair_title) if part)
        places = tuple(f"{site['room']} ({site['unit']})" for site in content["sites"])
        found.append(
            Shown(
                told.key, told.starts, told.ends, told.title, told.form, content["host"], chair, places,
                tuple(parties.get(one.id, ())), one.state in OFF,
            )
        )  # fmt: skip
    return found
