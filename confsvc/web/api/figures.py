"""The share of a year and the meetings behind every figure, for programs: the same reading as the pages."""

from __future__ import annotations

from datetime import date
from typing import Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc.web import keys
from confsvc.web.api.fields import Model, UnitCode
from confsvc.web.api.layer import operation
from confsvc.web.pages.sight import sight_of
from rooms.errors import FieldError, Invalid
from rooms.queries import find_unit_row
from scheduler.local_time import local_day
from scheduler.record.figures import Figures, Listed, UnitLine, read_figures, read_list
from scheduler.record.indicator import Share
from scheduler.record.selection import Selection, What
from scheduler.sight_queries import Sight

Group = Literal["ubnd", "agency"]
Class = Literal["meeting", "training"]


class FiguresQuery(Model):
    """``host``: a unit's code. All but the year choose whose meetings."""

    year: int | None = Field(default=None, ge=2000, le=2200)
    host: UnitCode | None = None
    group: Group | None = None
    kind: Class | None = None


class ListQuery(FiguresQuery):
    """``what``: the class of meetings; ``month`` from 1 to 12."""

    what: What = "all"
    month: int | None = Field(default=None, ge=1, le=12)
    page: int = Field(default=1, ge=1, le=10_000)


class ShareOut(Model):
    """``tenths``: tenths of a per cent, rounded down; null when nothing occurred."""

    online: int
    counted: int
    tenths: int | None


class GoalOut(Model):
    numerator: int
    denominator: int
    basis: str
    attained: bool | None


class UnitShareOut(ShareOut):
    code: str
    name: str


class MonthOut(ShareOut):
    month: int
    unconfirmed: int
    expected: int


class FiguresOut(Model):
    """``low``, ``high``: the bounds while results are not confirmed. ``classes``: every known meeting is in one."""

    year: int
    goal: GoalOut | None
    share: ShareOut
    net: ShareOut
    low: ShareOut
    high: ShareOut
    weighted: ShareOut
    classes: dict[str, int]
    months: list[MonthOut]
    hosts: list[UnitShareOut]
    districts: list[UnitShareOut]
    evidence: dict[str, int]
    in_person_reasons: dict[str, int]


class CountedOut(Model):
    """``conference``, ``title``: null for a meeting of another office that the asker may not read."""

    conference: str | None
    title: str | None
    date: date
    host: str
    kind: str
    what: str
    status: str
    v: int
    p: int
    counted: bool
    online: bool
    out_of_scope: list[str]
    evidence: str | None


class ListOut(Model):
    total: int
    page: int
    items: list[CountedOut]


PAGE = 100


@operation("The share of a year against its goal, and what it is made of", answer=FiguresOut)
async def figures(request: web.Request, *, query: FiguresQuery) -> FiguresOut:
    now = keys.now(request)
    year = query.year or local_day(now).year

    def work(db: Session) -> Figures:
        return read_figures(db, year, _selection(db, query), now=now)

    return _figures_out(await request.app[keys.DATABASE].read(work))


@operation("The meetings behind a figure", answer=ListOut)
async def behind(request: web.Request, *, query: ListQuery) -> ListOut:
    sight = sight_of(keys.actor(request))
    year = query.year or local_day(keys.now(request)).year
    listed = await request.app[keys.DATABASE].read(_listed, year, query, sight)
    shown = listed[(query.page - 1) * PAGE : query.page * PAGE]
    return ListOut(total=len(listed), page=query.page, items=[_counted_out(line) for line in shown])


def _listed(db: Session, year: int, query: ListQuery, sight: Sight) -> list[Listed]:
    return read_list(db, year, _selection(db, query, query.what, query.month), sight=sight)


def _selection(db: Session, query: FiguresQuery, what: What = "all", month: int | None = None) -> Selection:
    host = find_unit_row(db, query.host) if query.host else None
    if query.host and host is None:
        raise Invalid([FieldError("host", "no_such_unit")])
    return Selection(what=what, month=month, host_unit_id=host.id if host else None, group=query.group, kind=query.kind)


def _figures_out(found: Figures) -> FiguresOut:
    measure, goal = found.measure, found.goal
    return FiguresOut(
        year=found.year,
        goal=GoalOut(numerator=goal.num, denominator=goal.den, basis=found.basis, attained=found.attained)
        if goal
        else None,
        share=_share(measure.gross),
        net=_share(measure.net),
        low=_share(measure.low),
        high=_share(measure.high),
        weighted=_share(measure.weighted),
        classes={str(what): count for what, count in found.classes.items()},
        months=[
            MonthOut.model_validate(
                {
                    **_values(line.share),
                    "month": line.number,
                    "unconfirmed": line.unconfirmed,
                    "expected": line.expected,
                }
            )
            for line in found.months
        ],
        hosts=[_unit_out(line) for line in found.hosts],
        districts=[_unit_out(line) for line in found.districts],
        evidence={str(code): count for code, count in measure.evidence.items()},
        in_person_reasons=dict(found.reasons),
    )


def _values(share: Share) -> dict[str, int | None]:
    return {"online": share.num, "counted": share.den, "tenths": share.tenths()}


def _share(share: Share) -> ShareOut:
    return ShareOut.model_validate(_values(share))


def _unit_out(line: UnitLine) -> UnitShareOut:
    return UnitShareOut.model_validate({**_values(line.share), "code": line.code, "name": line.name})


def _counted_out(line: Listed) -> CountedOut:
    row = line.row
    return CountedOut(
        conference=line.meeting.key if line.seen else None, title=line.meeting.title if line.seen else None,
        date=row.local_date, host=line.host, kind=line.meeting.kind, what=line.what, status=row.status, v=row.v,
        p=row.p, counted=row.counted, online=row.online, out_of_scope=list(row.reasons), evidence=row.evidence,
    )  # fmt: skip
