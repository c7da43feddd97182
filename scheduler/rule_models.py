"""The table of the house's rules: dated values, for all or for a kind of meeting or an office."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Row, add_rule, no_overlap_ddl, options

PLACE = "what || '/' || coalesce(kind, '') || '/' || coalesce(CAST(unit_id AS TEXT), '')"


class Rule(Row):
    """One value from one day to another (inclusive). ``place`` says in one text for what, which kind and which unit it
    holds: two rows of one place never overlap, which a column that may be NULL could not promise."""

    __tablename__ = "rule"
    what: Mapped[str]
    kind: Mapped[str | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    place: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = options(
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="valid"),
        CheckConstraint(f"place = {PLACE}", name="place"),
        Index(None, "place"),
        Index(None, "unit_id"),
    )


add_rule(Rule.__table__, no_overlap_ddl("rule_no_overlap", "rule", "place", "valid_from", "valid_to", dates=True))


def place_of(what: str, kind: str | None, unit_id: int | None) -> str:
    """The text of ``place``."""
    return f"{what}/{kind or ''}/{unit_id or ''}"
