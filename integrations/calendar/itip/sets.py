"""Two calendar files, before and after: which entries in them belong together, and what is mailed about all of them."""

from __future__ import annotations

from datetime import datetime

from integrations.calendar.itip.event import Event
from integrations.calendar.itip.files import events_from_ics
from integrations.calendar.itip.pair import check_organizer
from integrations.calendar.itip.planning import ItipMessage, plan_messages
from integrations.errors import Refused


def plan_files(
    old: bytes | None, new: bytes | None, organizer: str, *, now: datetime | None = None
) -> list[ItipMessage]:
    """The messages when one file becomes the other; None: there is none. Several entries in a file belong together only
    as the parts of a series that was cut. Refused, with a reason in English."""
    before, after = _entries(old), _entries(new)
    pairs: list[tuple[Event | None, Event | None]] = []
    if len(before) == len(after) == 1:
        pairs = [(before[0], after[0])]
    else:
        ours, theirs = {one.uid: one for one in before}, {one.uid: one for one in after}
        pairs = [(ours.get(uid), theirs.get(uid)) for uid in dict.fromkeys([*ours, *theirs])]
    moves = len({one.organizer.mail for one in (*before, *after) if one.organizer}) > 1
    for one in after or before if moves else (*before, *after):
        check_organizer(one, organizer)
    return [message for pair in pairs for message in plan_messages(*pair, now)]


def _entries(data: bytes | None) -> tuple[Event, ...]:
    found = events_from_ics(data) if data and data.strip() else ()
    first = found[0].uid if found else ""
    for one in found[1:]:
        if one.master is None or one.master.related_to != first:
            raise Refused(f"one file holds two entries: {first[:80]} and {one.uid[:80]}")
    return found
