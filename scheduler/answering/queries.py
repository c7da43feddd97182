"""The statements on what the invited said. ``part``: the original start of one date of an entry, None for all of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from scheduler.models import Answer, Conference, Edition, Effect, Guest, Proposal, Series, Stranger, Unverified

_Said = type[Answer] | type[Unverified] | type[Proposal] | type[Stranger]
_OFF: Any = {"synchronize_session": False}


def _of(model: _Said, uid: str, part: datetime | None) -> list[ColumnElement[bool]]:
    date = model.recurrence_id.is_(None) if part is None else model.recurrence_id == part
    return [model.uid == uid, date]


def list_answers(db: Session, uid: str) -> Sequence[Answer]:
    """The newest answer of each address, for all dates and for single ones."""
    return db.scalars(select(Answer).where(Answer.uid == uid).order_by(Answer.id)).all()


def find_answer(db: Session, uid: str, part: datetime | None, mail: str) -> Answer | None:
    return db.scalar(select(Answer).where(*_of(Answer, uid, part), Answer.mail == mail))


def add_row(db: Session, row: Answer | Unverified | Proposal | Stranger) -> None:
    db.add(row)
    db.flush()


def set_answers_old(db: Session, uid: str, part: datetime | None) -> None:
    """What was answered was about another time than the one that is told now."""
    mine = [Answer.uid == uid] if part is None else _of(Answer, uid, part)
    db.execute(update(Answer).where(*mine, Answer.old_version.is_(False)).values(old_version=True))


def delete_answers(db: Session, uid: str, mail: str, dates: Collection[datetime]) -> None:
    """What this address answered about single dates, where its answer to all of them is newer."""
    mine = (Answer.uid == uid, Answer.mail == mail, Answer.recurrence_id.in_(dates))
    db.execute(delete(Answer).where(*mine))


def list_unverified(db: Session, uid: str) -> Sequence[Unverified]:
    return db.scalars(select(Unverified).where(Unverified.uid == uid).order_by(Unverified.id)).all()


def find_unverified(db: Session, uid: str, part: datetime | None, mail: str, sender: str) -> Unverified | None:
    mine = (Unverified.mail == mail, Unverified.sender == sender)
    return db.scalar(select(Unverified).where(*_of(Unverified, uid, part), *mine))


def list_proposals(db: Session, uid: str) -> Sequence[Proposal]:
    return db.scalars(select(Proposal).where(Proposal.uid == uid).order_by(Proposal.id)).all()


def find_last_proposal(db: Session, uid: str, part: datetime | None, mail: str) -> Proposal | None:
    """The newest of this address, open or not."""
    query = select(Proposal).where(*_of(Proposal, uid, part), Proposal.mail == mail)
    return db.scalar(query.order_by(Proposal.id.desc()).limit(1))


def find_proposal(db: Session, uid: str, proposal_id: int, *, locked: bool) -> Proposal | None:
    """Of this entry; ``locked``: nobody else decides on it until the end of this transaction."""
    query = select(Proposal).where(Proposal.id == proposal_id, Proposal.uid == uid)
    query = query.with_for_update() if locked else query
    return db.scalar(query.execution_options(populate_existing=True))


def set_proposals_accepted(
    db: Session, uid: str, part: datetime | None, times: Sequence[datetime], at: datetime
) -> None:
    """Open ones that wished for the times (starts, ends) which are told now."""
    mine = (Proposal.state == "open", Proposal.starts == times[0], Proposal.ends == times[1])
    query = update(Proposal).where(*_of(Proposal, uid, part), *mine)
    db.execute(query.values(state="accepted", decided_at=at).execution_options(**_OFF))


def list_strangers(db: Session, uid: str) -> Sequence[Stranger]:
    return db.scalars(select(Stranger).where(Stranger.uid == uid).order_by(Stranger.id)).all()


def find_stranger(db: Session, uid: str, part: datetime | None, mail: str) -> Stranger | None:
    return db.scalar(select(Stranger).where(*_of(Stranger, uid, part), Stranger.mail == mail))


def find_stranger_by_id(db: Session, uid: str, stranger_id: int) -> Stranger | None:
    """Of this entry, whom nobody else decides on until the end of this transaction."""
    query = select(Stranger).where(Stranger.id == stranger_id, Stranger.uid == uid).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))


def list_conferences(db: Session, uid: str) -> Sequence[Conference]:
    """The dates of an entry, by their start; one that does not repeat has one."""
    return db.scalars(select(Conference).where(Conference.uid == uid).order_by(Conference.starts, Conference.id)).all()


def find_series_of(db: Session, uid: str) -> Series | None:
    """The series whose shared entry this is."""
    return db.scalar(select(Series).where(Series.uid == uid))


def list_guests_of(db: Session, conference_ids: Collection[int]) -> Sequence[Guest]:
    """Who is invited to these, and who was."""
    return db.scalars(select(Guest).where(Guest.conference_id.in_(conference_ids)).order_by(Guest.id)).all()


def find_guest(db: Session, conference_id: int, mail: str) -> Guest | None:
    """Also one who was taken out."""
    return db.scalar(select(Guest).where(Guest.conference_id == conference_id, Guest.mail == mail))


def list_editions(db: Session, uid: str) -> Sequence[Edition]:
    """In the order in which they were written."""
    return db.scalars(select(Edition).where(Edition.uid == uid).order_by(Edition.number)).all()


def last_majors(db: Session, uid: str) -> Mapping[str | None, int]:
    """By date (ISO 8601; None: all), the SEQUENCE of the last change that made answers void."""
    part = Edition.content["recurrence_id"].as_string()
    query = select(part, func.max(Edition.sequence)).where(Edition.uid == uid, Edition.content["major"].as_boolean())
    return {key: sequence for key, sequence in db.execute(query.group_by(part)) if sequence is not None}


def last_told(db: Session, uid: str, conference_ids: Collection[int], mail: str) -> Mapping[str | None, int]:
    """By date (ISO 8601; None: all), the highest SEQUENCE of what was written to this address about the entry."""
    part = Edition.content["recurrence_id"].as_string()
    query = select(part, func.max(Edition.sequence)).join(Effect, Effect.payload["edition"].as_integer() == Edition.id)
    mine = (Effect.kind == "letter", Effect.payload["mail"].as_string() == mail, Edition.uid == uid)
    query = query.where(Effect.conference_id.in_(conference_ids), *mine).group_by(part)
    return {key: sequence for key, sequence in db.execute(query) if sequence is not None}


def is_resent(db: Session, chain: str, since: datetime) -> bool:
    """Whether this chain got an entry again, for the asking, after ``since``."""
    again = exists().where(
        Effect.chain == chain, Effect.kind == "letter", Effect.created > since,
        Edition.id == Effect.payload["edition"].as_integer(), Edition.content["resent"].as_boolean(),
    )  # fmt: skip
    return bool(db.scalar(select(again)))


def set_words_gone(db: Session, uids: Any) -> None:
    """Nothing is left of what people wrote about these entries; who answered what stays."""
    for model in (Answer, Unverified, Proposal, Stranger):
        db.execute(update(model).where(model.uid.in_(uids)).values(comment="").execution_options(**_OFF))
    db.execute(update(Proposal).where(Proposal.uid.in_(uids)).values(said="").execution_options(**_OFF))
    db.execute(update(Stranger).where(Stranger.uid.in_(uids)).values(name="").execution_options(**_OFF))
