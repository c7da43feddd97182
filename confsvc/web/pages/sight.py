"""Which conferences somebody may look at whole, and what the person may do with one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, draft_hosts, may, request_hosts, units_for
from rooms.errors import NotAllowed, NotFound
from scheduler.booking.approving.official_queries import ENDED_OTHERWISE
from scheduler.booking.edit import CHANGEABLE, IDLE
from scheduler.models import Conference
from scheduler.record.figure_queries import list_seen
from scheduler.sight_queries import Sight, find_visible


def sight_of(actor: Actor) -> Sight:
    """The own office's conferences, hosted or attended, and those for which reading was granted; drafts: the host's."""
    drafts = draft_hosts(actor)
    return Sight(
        hosts=units_for(actor, Permission.CONFERENCE_READ), unit_id=actor.unit_id,
        drafts=None if drafts is None else frozenset(drafts), requests=request_hosts(actor),
    )  # fmt: skip


def find_seen(db: Session, actor: Actor, key: str) -> Conference:
    """The conference, or NotFound when there is none that this person may look at."""
    found = find_visible(db, key, sight=sight_of(actor))
    if found is None:
        raise NotFound(kind="conference", key=key)
    return found


def is_seen(db: Session, actor: Actor, conference: Conference) -> bool:
    """Whether this person may look at the conference."""
    return bool(list_seen(db, [conference.id], sight_of(actor)))


def find_hosted(db: Session, actor: Actor, key: str, permission: Permission) -> Conference:
    """The conference, for somebody who wants to do this with it. Raises NotFound, NotAllowed."""
    found = find_seen(db, actor, key)
    if not may(actor, permission, found.host_unit_id):
        raise NotAllowed(permission=str(permission))
    return found


def may_run(actor: Actor, conference: Conference) -> bool:
    """Extend or end it: its host's booker, the head of that office, an operator."""
    host = conference.host_unit_id
    return may(actor, Permission.CONFERENCE_CANCEL, host) or may(actor, Permission.CONFERENCE_CONDUCT, host)


def find_run(db: Session, actor: Actor, key: str) -> Conference:
    """The conference, for somebody who extends or ends it. Raises NotFound, NotAllowed."""
    found = find_seen(db, actor, key)
    if not may_run(actor, found):
        raise NotAllowed(permission=str(Permission.CONFERENCE_CONDUCT))
    return found


@dataclass(frozen=True)
class May:
    """What somebody may do with one conference now; what its state forbids is not offered."""

    change: bool = False
    cancel: bool = False
    submit: bool = False
    confirm: bool = False
    conduct: bool = False
    again: bool = False
    run: bool = False
    copy: bool = False
    letter: bool = False

    @property
    def any(self) -> bool:
        """Whether this person looks after the conference at all."""
        return self.change or self.cancel or self.submit or self.confirm or self.conduct


def may_do(actor: Actor, conference: Conference, now: datetime) -> May:
    host, state = conference.host_unit_id, conference.state
    ahead = state in IDLE or (state in CHANGEABLE and conference.starts > now)
    return May(
        change=ahead and may(actor, Permission.CONFERENCE_CHANGE, host),
        cancel=(state in IDLE or (state in (*CHANGEABLE, "open") and conference.ends > now))
        and may(actor, Permission.CONFERENCE_CANCEL, host),
        submit=state in IDLE and may(actor, Permission.CONFERENCE_BOOK, host),
        confirm=state == "recorded" and may_confirm(actor, conference),
        conduct=may(actor, Permission.CONFERENCE_CONDUCT),
        letter=conference.origin == "booked"
        and state not in ENDED_OTHERWISE
        and may(actor, Permission.CONFERENCE_CHANGE, host),
        run=state == "open" and conference.starts <= now and may_run(actor, conference),
        copy=conference.origin == "booked" and state != "draft" and may(actor, Permission.CONFERENCE_BOOK, host),
        again=conference.origin == "logged" and may(actor, Permission.CONFERENCE_LOG, host),
    )


def may_confirm(actor: Actor, conference: Conference) -> bool:
    """The host confirms what came of it; an operator may correct what was confirmed, and leaves a reason."""
    if may(actor, Permission.RESULT_CONFIRM, conference.host_unit_id):
        return True
    unsaid = conference.state in ("ended", "recorded") and conference.outcome == "unknown"
    return may(actor, Permission.RESULT_CORRECT, conference.host_unit_id) and not unsaid
