"""A series cut in two: its past keeps its UID and ends, the rest becomes an entry of its own.

``RANGE=THISANDFUTURE`` is understood by neither Google nor Outlook, so that nothing else can be sent.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from integrations.calendar.itip import rule
from integrations.calendar.itip.event import Entry, Event, Moment
from integrations.errors import Refused

_RESTS = uuid.UUID("6a7f1c1e-2f0d-5b57-9a3e-6f2a5f0b7d11")


def uid_of_rest(uid: str, since: Moment) -> str:
    """The UID of what follows, always the same for the same cut."""
    domain = uid.rpartition("@")[2] if "@" in uid else "split.invalid"
    return f"{uuid.uuid5(_RESTS, f'{uid} {since.instant().isoformat()}')}@{domain}"


def ended(event: Event, since: Moment) -> Event:
    """The series up to the date before ``since``, without what differs from there on. Refused where its dates cannot
    be told, or none is left."""
    master = event.master
    if master is None or master.rule is None:
        raise Refused(f"{event.uid[:80]} is no series that could be cut")
    last = _last_before(master, since)
    return replace(
        event,
        master=replace(
            master,
            rule=rule.with_until(master.rule, last),
            rdates=tuple(at for at in master.rdates if at.instant() < since.instant()),
            exdates=tuple(at for at in master.exdates if at.instant() < since.instant()),
        ),
        overrides=tuple(
            one for one in event.overrides if one.recurrence_id and one.recurrence_id.instant() < since.instant()
        ),
    )


def following(event: Event, since: Moment) -> tuple[Event, Event]:
    """Both parts of a series whose date ``since`` says that it is meant for all later ones too."""
    given = event.override(since)
    master = event.master
    if given is None or master is None or master.rule is None:
        raise Refused(f"{event.uid[:80]} changes later dates of a series that is not in the file")
    shift = given.starts.wall - since.wall
    later = [one for one in event.overrides if one.recurrence_id and one.recurrence_id.instant() > since.instant()]
    uid = uid_of_rest(event.uid, since)
    rest = replace(
        given,
        sequence=0,
        last_major_sequence=0,
        recurrence_id=None,
        rule=rest_of_rule(master, since),
        exdates=tuple(at.plus(shift) for at in master.exdates if at.instant() > since.instant()),
        related_to=event.uid,
    )
    moved = tuple(
        replace(one, sequence=0, last_major_sequence=0, recurrence_id=one.recurrence_id.plus(shift))
        for one in later
        if one.recurrence_id
    )
    return ended(event, since), Event(uid, rest, moved)


def rest_of_rule(master: Entry, since: Moment) -> str:
    """The rule from ``since`` on: a COUNT without the dates before. Refused where those cannot be told."""
    found = rule.parts(master.rule or "")
    if "COUNT" in found:
        dates = rule.starts_of(replace(master, rdates=()))
        if dates is None:
            raise Refused("a series with this rule cannot be cut: its dates are not counted here")
        left = sum(at.instant() >= since.instant() for at in dates)
        if left == 0:
            raise Refused("no date of the series is left after the cut")
        found["COUNT"] = str(left)
    return rule.joined(found)


def _last_before(master: Entry, since: Moment) -> Moment:
    dates = rule.starts_of(replace(master, rdates=()))
    if dates is None:  # any time before the cut ends it just as well
        return since.plus(-rule.SECOND)
    before = [at for at in dates if at.instant() < since.instant()]
    if not before:
        raise Refused("no date of the series is left before the cut: change all of it")
    return before[-1]


def first_after(master: Entry, now: datetime) -> Moment | None:
    """The first date by the rule that is not over; None where there is none or it cannot be told."""
    dates = rule.starts_of(replace(master, rdates=())) or []
    gone = {at.instant() for at in master.exdates}
    length = master.ends.instant() - master.starts.instant()
    return next((at for at in dates if at.instant() + length > now and at.instant() not in gone), None)
