"""The statements behind the figures: lines of the measure, meetings to come, and what a list shows of each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from rooms.models import Unit
from scheduler.kinds import find_kind
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


def list_tallies(db: Session, year: int) -> list[TallyRow]:
    """Every line of a year, by day."""
    districts: dict[int, list[DistrictRow]] = {}
    inside = select(TallyDistrict.tally_id, TallyDistrict.counterpart_unit_id, TallyDistrict.online)
    query = inside.join(Tally, Tally.id == TallyDistrict.tally_id).where(Tally.year == year)
    for tally_id, unit_id, online in db.execute(query.order_by(TallyDistrict.counterpart_unit_id)):
        districts.setdefault(tally_id, []).append(DistrictRow(unit_id, online))
    rows = db.scalars(select(Tally).where(Tally.year == year).order_by(Tally.local_date, Tally.leader_id))
    return [_row(row, tuple(districts.get(row.id, ()))) for row in rows]


def _row(row: Tally, districts: tuple[DistrictRow, ...]) -> TallyRow:
    return TallyRow(
        leader_id=row.leader_id, local_date=row.local_date, host_unit_id=row.host_unit_id,
        host_group=cast(HostGroup, row.host_group), kind_class=cast(Any, row.kind_class), in_scope=row.in_scope,
        reasons=tuple(row.scope_reason.split(",")) if row.scope_reason else (), status=cast(Status, row.status),
        v=row.v, p=row.p, online=row.online, lawful=row.lawful, evidence=cast(Evidence | None, row.evidence),
        districts=districts,
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
