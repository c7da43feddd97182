"""Whether one entry can become another at all, and where its past begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from integrations.calendar.itip import rule, split
from integrations.calendar.itip.differences import pattern_changed
from integrations.calendar.itip.event import Entry, Event, Moment
from integrations.errors import Refused


def check_pair(old: Event | None, new: Event | None) -> tuple[Event | None, Event | None]:
    """Both, without those that nobody invites to. Refused where calendars could not follow."""
    old = old if old and old.organizer else None
    new = new if new and new.organizer else None
    if old is None or new is None or old.organizer is None or new.organizer is None:
        return old, new
    same = old.organizer.mail == new.organizer.mail
    if old.uid == new.uid and not same:
        raise Refused(
            f"the organizer changed from {old.organizer.mail} to {new.organizer.mail} under one UID, which calendars"
            " refuse: cancel the old entry and make one with a UID of its own"
        )
    if old.uid != new.uid and same:
        raise Refused(f"two different entries: {old.uid[:80]} and {new.uid[:80]}; a UID lasts as long as its entry")
    return old, new


def check_organizer(event: Event, mail: str) -> None:
    """Refused where somebody else invites to it."""
    if event.organizer is not None and event.organizer.mail != mail:
        raise Refused(f"the organizer of {event.uid[:80]} is {event.organizer.mail}, not {mail}")


def cut_at_present(old: Event, new: Event, now: datetime) -> tuple[Event, Event] | None:
    """A series whose dates change after its first one: the old one up to now, and the new one as an entry of its own
    from now on. None where nothing that is past would be rewritten."""
    before, after = old.master, new.master
    if not before or not after or not before.rule or not after.rule or old.cancelled or new.cancelled:
        return None
    if before.ends.instant() > now or not pattern_changed(old, new):
        return None
    dates, later = rule.starts_of(replace(before, rdates=())), rule.starts_of(replace(after, rdates=()))
    if dates is None or later is None:
        raise Refused("the first date of the series has passed, and its dates are not counted here: cut it by hand")
    length = before.ends.instant() - before.starts.instant()
    past = [at for at in dates if at.instant() + length <= now]
    if {at.instant() for at in past} <= {at.instant() for at in later}:
        return None
    since = split.first_after(after, now)
    first_old = next((at for at in dates if at.instant() + length > now), None)
    if since is None:
        return None
    kept = split.ended(old, first_old) if first_old else old
    rest = _rest(new, after, since)
    return kept, rest


def _rest(new: Event, master: Entry, since: Moment) -> Event:
    """What follows, from its first date on; what differs is carried along by its local date."""
    rest = replace(
        master,
        starts=since,
        ends=replace(master.ends, wall=since.wall + (master.ends.wall - master.starts.wall)),
        sequence=0,
        last_major_sequence=0,
        rule=split.rest_of_rule(master, since),
        exdates=tuple(at for at in master.exdates if at.instant() > since.instant()),
        related_to=new.uid,
    )
    by_day = {at.wall.date(): at for at in rule.starts_of(rest) or []}
    carried = tuple(
        replace(one, sequence=0, last_major_sequence=0, recurrence_id=by_day[one.recurrence_id.wall.date()])
        for one in new.overrides
        if one.recurrence_id and one.recurrence_id.wall.date() in by_day
    )
    return Event(split.uid_of_rest(new.uid, since), rest, carried)
