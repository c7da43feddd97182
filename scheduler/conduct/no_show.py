"""How long a site where nobody is seen is waited for, as the house's rules say on the day of the sitting."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from scheduler.conduct.lifecycle import NoShow
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.rule_queries import list_parents, list_rules
from scheduler.rulebook import RuleBook

WARNS, FREES = "no_show_warns", "no_show_frees"


def no_show_of(db: Session, conference: Conference) -> NoShow:
    """Read each time: whoever advances a conference has the rows before him, and they are few."""
    rows = list_rules(db, (WARNS, FREES))
    book = RuleBook(rows, parents=list_parents(db) if any(row.unit_id is not None for row in rows) else {})
    day, unit_id = local_day(conference.starts), conference.host_unit_id
    warns, frees = (
        timedelta(minutes=book.whole(what, kind=conference.kind, unit_id=unit_id, day=day)) for what in (WARNS, FREES)
    )
    return NoShow(warns, frees)
