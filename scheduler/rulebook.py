"""The house's rules as of a day: which value holds for a kind of meeting and the office that hosts it, and who set it.

(pure) Rows override what holds by default; the most specific row of the day wins: kind and office, office, kind and
superior office, superior office, kind, house. A rule is asked as of the province's day of the conference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from scheduler.kinds import Kind, find_kind
from scheduler.rule_whats import COUNTS, WHATS, Value

By = Literal["unit", "parent", "kind", "house", "default"]


@dataclass(frozen=True)
class RuleRow:
    """One dated rule as stored. ``kind`` and ``unit_id`` None: for all; ``valid_to``: its last day, None while it
    stands open."""

    id: int
    what: str
    kind: str | None
    unit_id: int | None
    value: str
    reason: str
    valid_from: date
    valid_to: date | None

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Found:
    """A value and where it comes from: a row for the office ("unit"), the office above it ("parent"), the kind, or the
    house, or what holds without a row. ``row``: the row that said so."""

    value: Value
    by: By
    row: RuleRow | None = None

    @property
    def number(self) -> float | None:
        """The value of something counted; None is no limit."""
        if isinstance(self.value, str | tuple):
            raise TypeError(f"{self.value!r} is not a number")
        return self.value


class RuleBook:
    """All rules, read once; asking is a few dictionary look-ups.

    ``house``: what the configuration says where nothing else does. ``parents``: the superior office of those that may
    be asked about without naming it. ``named``: what somebody has said anything about; the rest holds by default.
    """

    def __init__(
        self, rows: Iterable[RuleRow] = (), *, house: Mapping[str, Value] | None = None,
        parents: Mapping[int, int] | None = None,
    ) -> None:  # fmt: skip
        self.rows = tuple(row for row in rows if row.what in WHATS)
        self.house = dict(house or {})
        self.parents = dict(parents or {})
        self.named = frozenset(self.house) | {row.what for row in self.rows}
        self._by_place: dict[tuple[str, str | None, int | None], list[tuple[RuleRow, Value]]] = {}
        for row in self.rows:
            found = self._by_place.setdefault((row.what, row.kind, row.unit_id), [])
            found.append((row, WHATS[row.what].parse(row.value)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RuleBook):
            return NotImplemented
        return (self.rows, self.house, self.parents) == (other.rows, other.house, other.parents)

    __hash__ = None  # type: ignore[assignment]

    def with_rows(self, rows: Iterable[RuleRow], parents: Mapping[int, int]) -> RuleBook:
        """The same house with other rows."""
        return RuleBook(rows, house=self.house, parents=parents)

    def found(
        self, what: str, *, kind: str | None, unit_id: int | None, parent_unit_id: int | None = None, day: date
    ) -> Found:
        """What holds on ``day`` and who set it. KeyError for a name that is not in WHATS."""
        about = WHATS[what]
        if parent_unit_id is None and unit_id is not None:
            parent_unit_id = self.parents.get(unit_id)
        places: tuple[tuple[By, str | None, int | None], ...] = (
            ("unit", kind, unit_id), ("unit", None, unit_id), ("parent", kind, parent_unit_id),
            ("parent", None, parent_unit_id), ("kind", kind, None), ("house", None, None),
        )  # fmt: skip
        for by, of_kind, of_unit in places:
            if (by in ("unit", "parent") and of_unit is None) or (by == "kind" and of_kind is None):
                continue
            for row, value in self._by_place.get((what, of_kind, of_unit), ()):
                if row.holds(day):
                    return Found(value, by, row)
        return Found(about.default_of(kind, self.house), "default")

    def value(
        self, what: str, *, kind: str | None, unit_id: int | None, parent_unit_id: int | None = None, day: date
    ) -> Value:
        """The value that holds on ``day``."""
        return self.found(what, kind=kind, unit_id=unit_id, parent_unit_id=parent_unit_id, day=day).value

    def whole(self, what: str, *, kind: str | None, unit_id: int | None, day: date) -> int:
        """A whole number that has no "no limit"."""
        return int(self.found(what, kind=kind, unit_id=unit_id, day=day).number or 0)

    def flag(self, what: str, *, kind: str | None, unit_id: int | None, day: date) -> bool:
        return self.value(what, kind=kind, unit_id=unit_id, day=day) is True

    def choice(self, what: str, *, kind: str | None, unit_id: int | None, day: date) -> str:
        return str(self.value(what, kind=kind, unit_id=unit_id, day=day))

    def why_not(self, kind: str, day: date) -> str | None:
        """Why meetings of a kind are not in the measure on a day; None when they are."""
        said = self.choice("counts", kind=kind, unit_id=None, day=day)
        return None if said == COUNTS else said

    def kind_on(self, code: str, day: date) -> Kind | None:
        """A kind with what the rules for all offices say of it on a day; None when there is no such kind."""
        kind = find_kind(code)
        if kind is None:
            return None
        return replace(kind, why_not=self.why_not(code, day), urgent=self.urgent(code, day))

    def urgent(self, kind: str, day: date) -> bool:
        """Whether notice, office hours and quotas leave a kind free."""
        return self.flag("urgent", kind=kind, unit_id=None, day=day)
