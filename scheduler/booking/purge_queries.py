"""Statements that empty what was written about conferences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from rooms.change_queries import set_change_texts
from scheduler.answering.queries import set_words_gone
from scheduler.booking.approving.models import LetterDraft
from scheduler.inbox_queries import set_raw_gone
from scheduler.models import (
    Comment,
    Conference,
    Edition,
    Effect,
    Guest,
    OfficialLetter,
    Series,
)

_TEXTS = ("chair_name", "chair_title", "chair_for", "chair_consent", "note", "place", "letter_number", "verbal_order",
          "in_person_note")  # fmt: skip


def list_group(db: Session, conference: Conference, *, locked: bool = True) -> Sequence[Conference]:
    """The conference, the others of its series, and their trial runs, by id."""
    mine = [conference.id]
    if conference.series_id is not None:
        mine = list(db.scalars(select(Conference.id).where(Conference.series_id == conference.series_id)))
    query = select(Conference).where(or_(Conference.id.in_(mine), Conference.trial_for_id.in_(mine)))
    query = query.order_by(Conference.id)
    return db.scalars(query.with_for_update(key_share=True) if locked else query).all()


def has_letter_file(db: Session, conference_id: int) -> bool:
    """Whether a signed letter is kept whose file was not taken out."""
    letter = exists().where(
        OfficialLetter.conference_id == conference_id, OfficialLetter.pdf_sha256.is_not(None),
        OfficialLetter.purged_at.is_(None),
    )  # fmt: skip
    return bool(db.scalar(select(letter)))


def set_emptied(db: Session, ids: Collection[int], values: Mapping[str, Any]) -> None:
    """The conferences' own texts, and what was written beside them; ``values`` where not empty."""
    texts = dict.fromkeys(_TEXTS, "") | {
        "short_notice_reason": None,
        "chair_mail": None,
        "contact_name": "",
        "contact_phone": "",
        **values,
    }
    db.execute(update(Conference).where(Conference.id.in_(ids)).values(**texts, version=Conference.version + 1))
    db.execute(update(Comment).where(Comment.conference_id.in_(ids)).values(text=""))
    set_raw_gone(db, conference_ids=ids)
    db.execute(delete(LetterDraft).where(LetterDraft.conference_id.in_(ids)))
    guests = update(Guest).where(Guest.conference_id.in_(ids), Guest.role == "chair")
    db.execute(guests.values(name=""))


def set_texts(db: Session, ids: Collection[int], series_id: int | None, without: Callable[[Any], Any]) -> None:
    """Editions, effects, the series and the log: each JSON value as ``without`` gives it back."""
    uids = select(Conference.uid).where(Conference.id.in_(ids), Conference.uid.is_not(None))
    set_words_gone(db, uids)
    for edition in db.scalars(select(Edition).where(Edition.uid.in_(uids))):
        edition.content = without(edition.content)
    for effect in db.scalars(select(Effect).where(Effect.conference_id.in_(ids))):
        effect.payload = without(effect.payload)
    if series_id is not None:
        series = db.scalars(select(Series).where(Series.id == series_id)).one()
        series.title, series.wish = without({"title": series.title})["title"], without(series.wish)
        set_change_texts(db, "series", [series_id], without)
    set_change_texts(db, "conference", ids, without)
    db.flush()
