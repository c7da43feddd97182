"""Statements on requests that wait: who was asked, what was answered, what collides, what a host did before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from scheduler.booking.approving.models import Approval
from scheduler.models import LONGEST_SPAN, Conference, Reservation, Site


class Scope(NamedTuple):
    """What somebody decides on: the heads of which offices (None: of all), and whether of halls and of capacity."""

    heads: Collection[int] | None
    hall: bool
    operator: bool

    @property
    def any(self) -> bool:
        return self.hall or self.operator or self.heads is None or bool(self.heads)


def list_approvals(db: Session, conference_id: int) -> Sequence[Approval]:
    """Everything ever asked about one conference, oldest first."""
    query = select(Approval).where(Approval.conference_id == conference_id).order_by(Approval.asked, Approval.id)
    return db.scalars(query).all()


def list_open_approvals(db: Session, conference_id: int) -> Sequence[Approval]:
    """What is asked and not answered."""
    query = select(Approval).where(Approval.conference_id == conference_id, Approval.decided.is_(None))
    return db.scalars(query.order_by(Approval.id)).all()


def set_open_approvals(
    db: Session, conference_id: int, verdict: str, *, now: datetime, by: str, reason: str | None = None
) -> None:
    """Answer every open question of a conference alike."""
    mine = (Approval.conference_id == conference_id, Approval.decided.is_(None))
    values = {"verdict": verdict, "decided": now, "by": by, "reason": reason}
    db.execute(update(Approval).where(*mine).values(**values).execution_options(synchronize_session="fetch"))


def set_approvals(
    db: Session, deciders: Mapping[int, str | None], verdict: str, *, now: datetime, by: str, reason: str | None
) -> None:
    """Answer single questions; ``deciders``: by id, in whose place it was decided."""
    for approval_id, for_by in deciders.items():
        values = {"verdict": verdict, "decided": now, "by": by, "for_by": for_by, "reason": reason}
        row = update(Approval).where(Approval.id == approval_id, Approval.decided.is_(None)).values(**values)
        db.execute(row.execution_options(synchronize_session="fetch"))


def _decided_by(scope: Scope) -> ColumnElement[bool]:
    heads = Approval.function == "head"
    if scope.heads is not None:
        heads = and_(heads, Approval.unit_id.in_(scope.heads)) if scope.heads else false()
    others = [name for name, mine in (("hall", scope.hall), ("operator", scope.operator)) if mine]
    return or_(heads, Approval.function.in_(others)) if others else heads


def list_waiting(db: Session, scope: Scope, limit: int) -> list[Conference]:
    """Requests with a question that somebody may answer, the next sitting first."""
    asked = select(Approval.conference_id).where(Approval.decided.is_(None), _decided_by(scope))
    query = select(Conference).where(Conference.state == "pending", Conference.id.in_(asked))
    return list(db.scalars(query.order_by(Conference.starts, Conference.id).limit(limit)))


class Question(NamedTuple):
    """A question that waits, with its conference."""

    approval: Approval
    conference: Conference


def list_questions(db: Session, scope: Scope, *, but_of: str) -> list[Question]:
    """What somebody may answer, the next sitting first, without what he asked himself (``but_of``)."""
    query = select(Approval, Conference).join(Conference, Conference.id == Approval.conference_id)
    waits = (Approval.decided.is_(None), Conference.state == "pending", Approval.asked_by != but_of)
    found = db.execute(query.where(*waits, _decided_by(scope)).order_by(Conference.starts, Conference.id, Approval.id))
    return [Question(row[0], row[1]) for row in found]


def find_question(db: Session, conference_id: int, function: str, asked: datetime) -> Approval | None:
    """The question of that moment, while it waits and is no demonstration's."""
    query = select(Approval).join(Conference, Conference.id == Approval.conference_id)
    mine = (Approval.conference_id == conference_id, Approval.function == function, Approval.asked == asked)
    waits = (Approval.decided.is_(None), Conference.state == "pending", Conference.demo.is_(False))
    return db.scalar(query.where(*mine, *waits))


def count_waiting(db: Session, scope: Scope) -> int:
    """How many requests wait for somebody."""
    asked = select(Approval.conference_id).where(Approval.decided.is_(None), _decided_by(scope))
    query = select(func.count()).select_from(Conference).where(Conference.state == "pending", Conference.id.in_(asked))
    return db.scalar(query) or 0


def list_colliding(
    db: Session, room_ids: Collection[int], since: datetime, until: datetime, *, except_id: int
) -> list[int]:
    """Requests that wait, hold nothing, and want one of these rooms during [since, until): their ids."""
    query = (
        select(Conference.id)
        .join(Reservation, Reservation.conference_id == Conference.id)
        .where(
            Conference.state == "pending", Conference.id != except_id, Reservation.room_id.in_(room_ids),
            Reservation.holds.is_(False), Reservation.starts < until, Reservation.ends > since,
            Reservation.starts > since - LONGEST_SPAN,
        )
    )  # fmt: skip
    return sorted(set(db.scalars(query)))


def find_free_locked(db: Session, conference_id: int) -> Conference | None:
    """The request, locked; None when somebody is deciding on it at this moment, or it waits no more."""
    query = select(Conference).where(Conference.id == conference_id, Conference.state == "pending")
    locked = query.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
    return db.scalar(locked)


class Rival(NamedTuple):
    """Another request for one of the same rooms at the same time."""

    key: str
    title: str
    host_unit_id: int
    starts: datetime
    ends: datetime


def list_rivals(db: Session, conference: Conference) -> list[Rival]:
    """Other requests that wait for one of its rooms at its time."""
    mine = select(Site.room_id).where(Site.conference_id == conference.id)
    theirs = select(Reservation.conference_id).where(
        Reservation.room_id.in_(mine), Reservation.starts < conference.ends, Reservation.ends > conference.starts,
        Reservation.starts > conference.starts - LONGEST_SPAN,
    )  # fmt: skip
    query = select(Conference.key, Conference.title, Conference.host_unit_id, Conference.starts, Conference.ends)
    found = query.where(Conference.state == "pending", Conference.id != conference.id, Conference.id.in_(theirs))
    return [Rival._make(row) for row in db.execute(found.order_by(Conference.starts, Conference.id).limit(20))]


class History(NamedTuple):
    """What came of a host's conferences that lay in a span: how many, and of these called off or not held."""

    all: int
    off: int
    returned: int


def find_history(db: Session, host_unit_id: int, since: datetime, until: datetime) -> History:
    """Of one office, booked through us and over by ``until``."""
    held: Any = Conference.state.in_(("ended", "recorded", "cancelled", "postponed"))
    off: Any = or_(Conference.state.in_(("cancelled", "postponed")), Conference.outcome == "not_held")
    within = (Conference.host_unit_id == host_unit_id, Conference.starts >= since, Conference.starts < until)
    total = db.scalar(select(func.count()).select_from(Conference).where(*within, held, Conference.origin == "booked"))
    lost = db.scalar(select(func.count()).select_from(Conference).where(*within, off, Conference.origin == "booked"))
    back = db.scalar(
        select(func.count(Approval.conference_id.distinct()))
        .join(Conference, Conference.id == Approval.conference_id)
        .where(Conference.host_unit_id == host_unit_id, Approval.verdict == "returned", Approval.decided >= since)
    )
    return History(total or 0, lost or 0, back or 0)
