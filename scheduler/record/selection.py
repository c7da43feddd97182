"""Which meetings stand behind a figure: one choice of words for the figures and for their lists.

(pure) Both are made from the same lines of the measure with the same choice, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from scheduler.kinds import KindClass
from scheduler.record.attendance import Evidence
from scheduler.record.tally import HostGroup, TallyRow

What = Literal["all", "denominator", "numerator", "in_person", "unconfirmed", "expected", "not_held", "out_of_scope"]
WHATS: tuple[What, ...] = get_args(What)
CLASSES: tuple[What, ...] = ("numerator", "in_person", "unconfirmed", "expected", "not_held", "out_of_scope")
"""Every meeting is in exactly one of these."""


@dataclass(frozen=True)
class Selection:
    """A choice among the meetings of a year; None chooses nothing away.

    With ``district`` (a counterpart unit's id) the meetings it attended, and online or in person is its own form.
    ``lawful`` leaves out what the law bars from the system.
    """

    what: What = "all"
    month: int | None = None
    host_unit_id: int | None = None
    group: HostGroup | None = None
    kind: KindClass | None = None
    district: int | None = None
    evidence: Evidence | None = None
    lawful: bool = False

    def everything(self) -> Selection:
        """The same choice of whose meetings, of all classes and months: what a page of figures is made from."""
        return replace(self, what="all", month=None, district=None, evidence=None, lawful=False)


def class_of(row: TallyRow) -> What:
    """The one class of CLASSES a meeting belongs to."""
    if row.counted:
        return "numerator" if row.online else "in_person"
    if row.awaited:
        return "unconfirmed"
    if row.expected:
        return "expected"
    return "not_held" if row.reasons == ("status",) else "out_of_scope"


def chosen(rows: Iterable[TallyRow], selection: Selection) -> list[TallyRow]:
    """The rows of a choice, in their order."""
    return [row for row in rows if _whose(row, selection) and _what(row, selection)]


def _whose(row: TallyRow, selection: Selection) -> bool:
    return (
        selection.month in (None, row.local_date.month)
        and selection.host_unit_id in (None, row.host_unit_id)
        and selection.group in (None, row.host_group)
        and selection.kind in (None, row.kind_class)
        and selection.evidence in (None, row.evidence)
        and (row.lawful or not selection.lawful)
    )


def _what(row: TallyRow, selection: Selection) -> bool:
    if selection.district is not None:
        return row.counted and _attended(row, selection.district, selection.what)
    if selection.what == "all":
        return True
    if selection.what == "denominator":
        return row.counted
    return class_of(row) == selection.what


def _attended(row: TallyRow, unit_id: int, what: What) -> bool:
    form = next((district.online for district in row.districts if district.unit_id == unit_id), None)
    if form is None or what not in ("all", "denominator", "numerator", "in_person"):
        return False
    return what in ("all", "denominator") or form == (what == "numerator")
