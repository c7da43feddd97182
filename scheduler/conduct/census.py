"""Sessions whose room is gone: a video host that crashed tells nothing, so its list of rooms is looked at.

A room that is missing ends what was open in it, as a fact. It ends no conference: people may come back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from scheduler.conduct.facts import NewFact, add_fact
from scheduler.conduct.queries import list_closing_facts, list_live_openings

SETTLING = timedelta(minutes=1)  # what was seen shortly before the question may be newer than the answer


def note_census(db: Session, bridge_id: int, there: Collection[str], *, asked: datetime, now: datetime) -> int:
    """Write down which rooms are gone. ``there``: the names that exist, lower-case; ``asked``: before the question.

    Once per session of a room; a poll that failed must not come here. How many were found gone.
    """
    found = 0
    for opening in list_live_openings(db, bridge_id):
        if opening.jitsi_name in there or opening.since > asked - SETTLING:
            continue
        if any(at >= opening.since for at in list_closing_facts(db, opening.opening_id)):
            continue
        fact = NewFact(
            key=f"b{bridge_id}|gone|{opening.opening_id}|{opening.since.isoformat()}",
            kind="room.gone",
            source=f"bridge:{bridge_id}",
            at=asked,
            bridge_id=bridge_id,
            jitsi_name=opening.jitsi_name,
        )
        found += add_fact(db, fact, now=now)
    return found
