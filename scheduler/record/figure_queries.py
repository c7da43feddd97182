"""The statements behind the figures: lines of the measure, meetings to come, and what a list shows of each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, case, cast, exists, func, literal_column, select
from sqlalchemy.orm import Session

from rooms.models import Unit
from rooms.prepared import Prepared
from scheduler.kinds import KindClass, find_kind
from scheduler.local_time import local_day
from scheduler.models import Conference, Delegation, Tally, TallyDistrict
from scheduler.record.attendance import Evidence
from scheduler.record.outcome import Status
from scheduler.record.tally import DistrictRow, HostGroup, TallyRow, host_group
from scheduler.rule_queries import list_rules
from scheduler.rulebook import RuleBook
from scheduler.sight_queries import Sight

_COMING = ("planned", "provisioned", "open", "ended")
_AT_ONCE = 500  # SQLite's limit on parameters is far above


_TALLIES = Prepared(
    select(
        Tally.id, Tally.leader_id, Tally.local_date, Tally.host_unit_id, Tally.host_group, Tally.kind_class,
        Tally.in_scope, Tally.scope_reason, Tally.status, Tally.v, Tally.p, Tally.online, Tally.lawful, Tally.evidence,
    )
    .where(Tally.year == bindparam("year"))
    .order_by(Tally.local_date, Tally.leader_id)
)  # fmt: skip
_COMMA: Any = literal_column("','")  # aggregate_strings takes any expression, whatever its annotation says
# One row a line instead of one a district: twice the unit's id, and one more where it was online.
_DISTRICTS = Prepared(
    select(
        TallyDistrict.tally_id,
        func.aggregate_strings(
            cast(TallyDistrict.counterpart_unit_id * 2 + case((TallyDistrict.online, 1), else_=0), String),
            _COMMA,
        ),
    )
    .join(Tally, Tally.id == TallyDistrict.tally_id)
    .where(Tally.year == bindparam("year"))
    .group_by(TallyDistrict.tally_id)
)


def list_tallies(db: Session, year: int) -> list[TallyRow]:
    """Every line of a year, by day."""
    made: dict[str, tuple[DistrictRow, ...]] = {"": ()}  # most meetings are with the same districts
    inside = dict(_DISTRICTS.rows(db, year=year))
    rows = []
    for tally_id, *columns in _TALLIES.rows(db, year=year):
        forms = inside.get(tally_id, "")
        if forms not in made:
            numbers = sorted(map(int, forms.split(",")))
            made[forms] = tuple(DistrictRow(number // 2, bool(number % 2)) for number in numbers)
        rows.append(_row(made[forms], *columns))
    return rows


def _row(
    districts: tuple[DistrictRow, ...], leader_id: int, local_date: date, host_unit_id: int, group: HostGroup,
    kind_class: KindClass, in_scope: bool, reasons: str | None, status: Status, v: int, p: int, online: bool,
    lawful: bool, evidence: Evidence | None,
) -> TallyRow:  # fmt: skip
    return TallyRow(
        leader_id, local_date, host_unit_id, group, kind_class, in_scope, tuple(reasons.split(",")) if reasons else (),
        status, v, p, online, lawful, evidence, districts,
    )  # fmt: skip


def list_coming(db: Session, since: datetime, until: datetime) -> list[TallyRow]:
    """Meetings of the span that have no line yet and would be in scope: booked, or over and not measured yet.

    Drafts are nobody's business here. A meeting that is over waits for its result.
    """
    required = exists().where(
        Delegation.conference_id == Conference.id,
        Delegation.required.is_(True),
        Delegation.counterpart_unit_id.is_not(None),
    )
    query = (
        select(
            Conference.id, Conference.starts, Conference.state, Conference.kind, Unit.id, Unit.level, Unit.code
        )
        .join(Unit, Unit.id == Conference.host_unit_id)
        .where(
            Conference.counted_with == Conference.id, Conference.state.in_(_COMING), Conference.starts >= since,
            Conference.starts < until, Unit.kpi_host.is_(True), required,
            ~exists().where(Tally.leader_id == Conference.id),
        )
        .order_by(Conference.starts, Conference.id)
    )  # fmt: skip
    book = RuleBook(list_rules(db, ("counts",)))
    return [_coming(*row) for row in db.execute(query) if _counts(book, row.kind, row.starts)]


def _counts(book: RuleBook, kind_code: str, starts: datetime) -> bool:
    kind = book.kind_on(kind_code, local_day(starts))
    return kind is not None and kind.counts


def _coming(
    leader_id: int, starts: datetime, state: str, kind_code: str, host_id: int, level: str, code: str
) -> TallyRow:
    kind = find_kind(kind_code)
    over = state == "ended"
    return TallyRow(
        leader_id=leader_id, local_date=local_day(starts), host_unit_id=host_id, host_group=host_group(level, code),
        kind_class=kind.kind_class if kind else "other", in_scope=over, reasons=() if over else ("status",),
        status="unconfirmed" if over else "upcoming", v=0, p=0, online=False, lawful=True, evidence=None, districts=(),
    )  # fmt: skip


class Meeting(NamedTuple):
    """What a list shows of one counted meeting: that of its leading sitting."""

    id: int
    key: str
    title: str
    kind: str
    form: str
    origin: str
    starts: datetime
    in_person_reason: str | None


def list_meetings(db: Session, leader_ids: Collection[int]) -> dict[int, Meeting]:
    wanted = sorted(leader_ids)
    found: dict[int, Meeting] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(
            Conference.id, Conference.key, Conference.title, Conference.kind, Conference.form, Conference.origin,
            Conference.starts, Conference.in_person_reason,
        ).where(Conference.id.in_(wanted[start : start + _AT_ONCE]))  # fmt: skip
        found |= {row[0]: Meeting(*row) for row in db.execute(query)}
    return found


def list_seen(db: Session, leader_ids: Collection[int], sight: Sight) -> set[int]:
    """Those of the leaders that somebody may look at."""
    query = select(Conference.id).where(Conference.id.in_(leader_ids), sight.condition())
    return set(db.scalars(query))


def list_reasons(db: Session, year: int) -> dict[int, str]:
    """Why each counted meeting of a year was held in person, where its host said so, by leader."""
    query = select(Conference.id, Conference.in_person_reason).join(Tally, Tally.leader_id == Conference.id)
    query = query.where(Tally.year == year, Conference.in_person_reason.is_not(None))
    return {row[0]: row[1] or "" for row in db.execute(query)}


def list_ranks(db: Session, unit_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Place in protocol order and code of units."""
    query = select(Unit.id, Unit.position, Unit.code).where(Unit.id.in_(unit_ids))
    return {row[0]: (row[1], row[2]) for row in db.execute(query)}


def list_years(db: Session) -> list[int]:
    """The years that have lines, latest first."""
    return list(db.scalars(select(Tally.year).group_by(Tally.year).order_by(Tally.year.desc())))


def count_sittings(db: Session, leader_ids: Collection[int]) -> dict[int, int]:
    """How many conferences are counted together, for leaders of more than one."""
    query = select(Conference.counted_with, func.count()).where(Conference.counted_with.in_(leader_ids))
    query = query.group_by(Conference.counted_with).having(func.count() > 1)
    return {row[0]: row[1] for row in db.execute(query)}
