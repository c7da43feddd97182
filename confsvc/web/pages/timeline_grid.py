"""The timeline of rooms as cells: what is held, what is free, when the offices are closed.  (pure)

A day is cut into quarters of an hour. Free time becomes cells of two hours at most, broken at the office hours, so
that a click on one begins a booking there; what is held is one cell however long it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from scheduler.held_queries import Held
from scheduler.local_time import instant
from scheduler.work_calendar import Spans, WorkCalendar

STEP = timedelta(minutes=15)
FIRST_HOUR, LAST_HOUR = 7, 18
LONGEST_FREE = 8  # steps


@dataclass(frozen=True)
class Cell:
    """``kind``: free, off, held, mine, asked (waits for approval, the room is held), waiting (waits, and the room is
    not held), live, maintenance, buffer (a room kept for setting up or clearing).
    ``held``: what stands there."""

    kind: str
    span: int
    starts: datetime
    ends: datetime
    held: Held | None = None


@dataclass(frozen=True)
class Frame:
    """A day's columns: from, to, and how many steps lie between. ``hours_open``: when offices are open on it."""

    day: date
    starts: datetime
    ends: datetime
    hours_open: Spans

    @property
    def steps(self) -> int:
        return (self.ends - self.starts) // STEP

    @property
    def hours(self) -> list[datetime]:
        return [self.starts + timedelta(hours=n) for n in range(self.steps * STEP // timedelta(hours=1))]

    def share(self, moment: datetime) -> str | None:
        """Where a moment lies between the edges, in per cent with a decimal; None outside."""
        if not self.starts <= moment < self.ends:
            return None
        return f"{1000 * (moment - self.starts) // (self.ends - self.starts) / 10}"


def frame_of(day: date, held: Iterable[Held], calendar: WorkCalendar) -> Frame:
    """The usual hours, wider where something is held, or offices are open, early or late."""
    hours_open = calendar.spans_on(day)
    first, last = instant(day, time(FIRST_HOUR)), instant(day, time(LAST_HOUR))
    midnight = instant(day + timedelta(days=1))
    spans = [(first, last), *hours_open, *((h.starts, h.ends) for h in held)]
    starts, ends = min(begin for begin, _ in spans), max(end for _, end in spans)
    hour = timedelta(hours=1)
    base = instant(day)
    early = base + ((max(starts, base) - base) // hour) * hour
    late = base - (-(min(ends, midnight) - base) // hour) * hour
    return Frame(day, early, min(late, midnight), hours_open)


def row_cells(frame: Frame, held: Sequence[Held], now: datetime) -> list[Cell]:
    """One room's day. What overlaps within one step is shown one after the other, at least a step wide."""
    cells: list[Cell] = []
    column = 0
    for item in sorted(held, key=lambda h: h.starts):
        begin = max(column, (item.starts - frame.starts) // STEP)
        end = min(max(begin + 1, -((frame.starts - item.ends) // STEP)), frame.steps)
        if end <= column or begin >= frame.steps:
            continue
        cells += _free(frame, column, begin)
        cells += _held(frame, item, begin, end, now)
        column = end
    return [*cells, *_free(frame, column, frame.steps)]


def _held(frame: Frame, item: Held, begin: int, end: int, now: datetime) -> Iterator[Cell]:
    """The meeting, with the time around it that the room is kept for, where that is a step or more."""
    first = min(max(begin, (item.conference_starts - frame.starts) // STEP), end - 1)
    last = max(min(end, -((frame.starts - item.conference_ends) // STEP)), first + 1)
    if first > begin:
        yield Cell("buffer", first - begin, item.starts, item.conference_starts, item)
    yield Cell(_kind(item, now), last - first, item.starts, item.ends, item)
    if last < end:
        yield Cell("buffer", end - last, item.conference_ends, item.ends, item)


def _kind(item: Held, now: datetime) -> str:
    if item.closed:
        return "maintenance"
    if not item.holds:
        return "waiting"
    if item.state == "pending":
        return "asked"
    if item.state == "open" and item.conference_starts <= now < item.conference_ends:
        return "live"
    return "mine" if item.own else "held"


def _free(frame: Frame, first: int, last: int) -> Iterator[Cell]:
    """Free steps, joined while they are of one kind."""
    start = first
    while start < last:
        open_, end = _is_open(frame, start), start + 1
        while end < last and _is_open(frame, end) == open_ and (not open_ or _joins(frame, start, end)):
            end += 1
        yield Cell("free" if open_ else "off", end - start, frame.starts + start * STEP, frame.starts + end * STEP)
        start = end


def _joins(frame: Frame, start: int, step: int) -> bool:
    """Two hours at most, counted from the beginning of the morning or the afternoon, so that rooms line up."""

    def number(n: int) -> int:
        moment = frame.starts + n * STEP
        opens = max(opens for opens, _ in frame.hours_open if opens <= moment)
        return (moment - opens) // (LONGEST_FREE * STEP)

    return number(start) == number(step)


def _is_open(frame: Frame, step: int) -> bool:
    moment = frame.starts + step * STEP
    return any(opens <= moment < closes for opens, closes in frame.hours_open)
