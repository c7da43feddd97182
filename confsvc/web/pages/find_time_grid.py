"""The picture of who is busy when: one day's columns of a quarter of an hour, one row a site or person.  (pure)

A column at which a sitting fits is marked in every row, so that it is seen as a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from confsvc.web.pages.timeline_grid import STEP, Frame
from scheduler.booking.ways.suggest import Span


@dataclass(frozen=True)
class Cell:
    """``kind``: "held" (busy), "fit" (a sitting fits here), "free" (but not for all), "off" (offices are closed)."""

    kind: str
    span: int
    starts: datetime
    ends: datetime


def cells(frame: Frame, busy: Sequence[Span], common: Sequence[Span]) -> list[Cell]:
    """One row; columns of one kind are joined, busy ones only within one span. A span that is shorter than a column
    fills it."""
    kinds = [_kind(frame, n, busy, common) for n in range(frame.steps)]
    found: list[Cell] = []
    for number, kind in enumerate(kinds):
        starts, ends = frame.starts + number * STEP, frame.starts + (number + 1) * STEP
        last = found[-1] if found else None
        if last is not None and last.kind == kind[0] and last.ends == starts and kinds[number - 1] == kind:
            found[-1] = Cell(last.kind, last.span + 1, last.starts, ends)
        else:
            found.append(Cell(kind[0], 1, starts, ends))
    return found


def _kind(frame: Frame, number: int, busy: Sequence[Span], common: Sequence[Span]) -> tuple[str, datetime | None]:
    """The kind, and which busy or common span it belongs to."""
    starts, ends = frame.starts + number * STEP, frame.starts + (number + 1) * STEP
    for begin, end in busy:
        if begin < ends and starts < end:
            return "held", begin
    for begin, end in common:
        if begin <= starts and ends <= end:
            return "fit", begin
    return ("free" if any(opens <= starts < closes for opens, closes in frame.hours_open) else "off"), None
