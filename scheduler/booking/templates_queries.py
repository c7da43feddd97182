"""The statements on templates of offices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from rooms.models import Unit
from scheduler.models import BookingTemplate


def lock_office(db: Session, unit_id: int) -> None:
    """Until the end of the transaction nobody else saves or renames a template of this office."""
    db.execute(select(Unit.id).where(Unit.id == unit_id).with_for_update(key_share=True))


def find_template(db: Session, key: str) -> BookingTemplate | None:
    return db.scalar(select(BookingTemplate).where(BookingTemplate.key == key))


def find_named(db: Session, unit_id: int, name_key: str) -> BookingTemplate | None:
    """The template that the office has under this name."""
    query = select(BookingTemplate).where(BookingTemplate.unit_id == unit_id, BookingTemplate.name_key == name_key)
    return db.scalar(query.execution_options(populate_existing=True))


def count_templates(db: Session, unit_id: int) -> int:
    query = select(func.count()).select_from(BookingTemplate).where(BookingTemplate.unit_id == unit_id)
    return db.scalar(query) or 0


def list_templates(
    db: Session, unit_ids: Collection[int] | None, *, first: int | None = None, most: int
) -> Sequence[BookingTemplate]:
    """Templates of these offices (None: of all), at most ``most``: those of the office ``first`` before others, each
    office's by name."""
    query = select(BookingTemplate)
    if unit_ids is not None:
        query = query.where(BookingTemplate.unit_id.in_(unit_ids))
    order = (case((BookingTemplate.unit_id == (first or 0), 0), else_=1), BookingTemplate.unit_id)
    return db.scalars(query.order_by(*order, BookingTemplate.name_key).limit(most)).all()


def add_template(db: Session, values: Mapping[str, Any]) -> int:
    return db.scalars(insert(BookingTemplate).values(**values).returning(BookingTemplate.id)).one()


def set_template(db: Session, template_id: int, values: Mapping[str, Any]) -> None:
    db.execute(update(BookingTemplate).where(BookingTemplate.id == template_id).values(**values))


def delete_template(db: Session, template_id: int) -> None:
    db.execute(delete(BookingTemplate).where(BookingTemplate.id == template_id))
