"""The year in figures, as the page and the API show it: the measure, the goal, hosts and districts with their names.

Everything is counted from the lines of the measure by ``indicator``; nothing is stored, so nothing can be stale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from rooms.queries import list_names
from scheduler.local_time import local_day
from scheduler.name_queries import list_short_names
from scheduler.record import figure_queries
from scheduler.record.figure_queries import Meeting
from scheduler.record.goal_queries import find_goal
from scheduler.record.indicator import Goal, Indicator, Need, Share, in_a_row, indicator, need
from scheduler.record.periods import year
from scheduler.record.selection import CLASSES, Selection, What, chosen, class_of
from scheduler.record.tally import TallyRow
from scheduler.sight_queries import Sight


@dataclass(frozen=True)
class UnitLine:
    """One host's or district's share, in protocol order. ``name`` and ``short`` as of the end of the year, or today."""

    unit_id: int
    code: str
    name: str
    short: str
    share: Share


@dataclass(frozen=True)
class MonthLine:
    """One month: held online, in person, waiting for the result, still to come."""

    number: int
    share: Share
    unconfirmed: int
    expected: int

    @property
    def in_person(self) -> int:
        return self.share.den - self.share.num


@dataclass(frozen=True)
class Figures:
    """A year of whose meetings ``selection`` chooses. ``goal`` None: no goal was set for the year.

    ``classes`` counts every known meeting of the year in exactly one class. ``reasons`` counts why counted meetings
    were in person ("" where nobody said). ``before``: the share of the year before, same choice, up to the same day.
    """

    year: int
    selection: Selection
    measure: Indicator
    goal: Goal | None
    basis: str
    need: Need | None
    in_a_row: int | None
    before: Share
    months: tuple[MonthLine, ...]
    hosts: tuple[UnitLine, ...]
    districts: tuple[UnitLine, ...]
    reasons: Mapping[str, int]
    classes: Mapping[What, int]

    @property
    def attained(self) -> bool | None:
        """By whole numbers; None without a goal or with nothing to count."""
        return self.measure.gross.attains(self.goal) if self.goal else None


@dataclass(frozen=True)
class Listed:
    """One meeting of the list behind a figure; ``host``: its short name on that day; ``seen``: whether the asker may
    know what it was about."""

    row: TallyRow
    meeting: Meeting
    host: str
    sittings: int
    seen: bool

    @property
    def what(self) -> What:
        return class_of(self.row)


def rows_of(db: Session, number: int) -> list[TallyRow]:
    """Every meeting of a year that is measured or would be, by day."""
    rows = figure_queries.list_tallies(db, number) + figure_queries.list_coming(db, *year(number).instants())
    return sorted(rows, key=lambda row: (row.local_date, row.leader_id))


def read_figures(db: Session, number: int, selection: Selection, *, now: datetime) -> Figures:
    """A unit of work: the figures of a year for the whose of ``selection`` (host, group, kind)."""
    selection = selection.everything()
    today = local_day(now)
    rows = chosen(rows_of(db, number), selection)
    measure = indicator(rows, year(number))
    found = find_goal(db, number)
    goal = Goal(found.year, found.numerator, found.denominator) if found else None
    day = min(date(number, 12, 31), today)
    classes = Counter(class_of(row) for row in rows)
    return Figures(
        year=number,
        selection=selection,
        measure=measure,
        goal=goal,
        basis=found.basis if found else "",
        need=need(measure.gross, measure.expected + measure.awaited, goal) if goal else None,
        in_a_row=in_a_row(measure.gross, goal) if goal else None,
        before=_before(db, number, selection, today),
        months=_month_lines(rows, number, measure.months),
        hosts=_unit_lines(db, measure.hosts, day),
        districts=_unit_lines(db, measure.districts, day),
        reasons=_reasons(db, rows, number),
        classes={what: classes[what] for what in CLASSES},
    )


def _before(db: Session, number: int, selection: Selection, today: date) -> Share:
    rows = chosen(figure_queries.list_tallies(db, number - 1), selection)
    if number == today.year:
        rows = [row for row in rows if (row.local_date.month, row.local_date.day) <= (today.month, today.day)]
    return indicator(rows, year(number - 1)).gross


def _month_lines(rows: list[TallyRow], number: int, shares: Mapping[int, Share]) -> tuple[MonthLine, ...]:
    span = year(number)
    inside = [row for row in rows if row.local_date in span]
    unconfirmed = Counter(row.local_date.month for row in inside if row.awaited)
    expected = Counter(row.local_date.month for row in inside if row.expected)
    return tuple(MonthLine(n, share, unconfirmed[n], expected[n]) for n, share in shares.items())


def _unit_lines(db: Session, shares: Mapping[int, Share], day: date) -> tuple[UnitLine, ...]:
    names, ranks = list_names(db, shares, day), figure_queries.list_ranks(db, shares)
    ordered = sorted(shares, key=lambda unit_id: ranks[unit_id])
    return tuple(UnitLine(i, ranks[i][1], names[i].name, names[i].short, shares[i]) for i in ordered)


def _reasons(db: Session, rows: list[TallyRow], number: int) -> dict[str, int]:
    said = figure_queries.list_reasons(db, number)
    counts = Counter(said.get(row.leader_id, "") for row in rows if class_of(row) == "in_person")
    return dict(counts.most_common())


def read_list(
    db: Session, number: int, selection: Selection, *, sight: Sight, reason: str | None = None
) -> list[Listed]:
    """A unit of work: the meetings behind a figure. ``reason``: only those held in person for it ("": unsaid)."""
    rows = chosen(rows_of(db, number), selection)
    if reason is not None:
        said = figure_queries.list_reasons(db, number)
        rows = [row for row in rows if said.get(row.leader_id, "") == reason]
    ids = [row.leader_id for row in rows]
    meetings = figure_queries.list_meetings(db, ids)
    sittings = figure_queries.count_sittings(db, ids)
    seen = figure_queries.list_seen(db, ids, sight)
    hosts = list_short_names(db, [(row.host_unit_id, row.local_date) for row in rows])
    return [
        Listed(
            row, meetings[row.leader_id], hosts[row.host_unit_id, row.local_date], sittings.get(row.leader_id, 1),
            row.leader_id in seen,
        )
        for row in rows
    ]  # fmt: skip
