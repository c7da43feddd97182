"""What must always hold of series: rows agree with rule and exceptions, and a calendar shows what is booked."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.booking.series.letters import OFF, rule_dates
from scheduler.booking.series.queries import list_members, list_skips
from scheduler.booking.series.recurrence import expand, parse_rule
from scheduler.models import Conference, Edition, Reservation, Series, Site

Shown = dict[tuple[str, str | None], datetime]


def assert_agree(db: Session, now: datetime) -> None:
    """Series with their conferences, what is held with its conference, every entry with what people were told."""
    db.expire_all()
    for series in db.scalars(select(Series)):
        series_agrees(db, series, now)
    _held(db)
    told = {(uid, starts) for (uid, _), starts in shown(db).items() if starts > now}
    booked = {(one.uid, one.starts) for one in _live(db) if one.starts > now}
    assert told == booked


def series_agrees(db: Session, series: Series, now: datetime) -> None:
    """Every date of its rule is a conference or left out, and what nobody changed is as the series says."""
    members, skips, dates = list_members(db, series.id), list_skips(db, series.id), rule_dates(series)
    originals = Counter(one.original_starts for one in members if one.original_starts is not None)
    for at in dates:
        assert originals[at] + skips.count(at) == 1, (series.rule, at)
    if series.rule is not None:
        assert set(skips) <= set(dates)
    for one in members:
        if one.recurrence_id is not None:
            assert (one.uid, one.recurrence_id) == (series.uid, one.original_starts)
        if one.state in OFF or one.starts <= now or series.rule is None:
            continue
        assert one.recurrence_id is None or (one.original_starts in dates and series.closed_at is None)
        if one.original_starts is not None and not one.altered:
            minutes = (one.ends - one.starts).total_seconds() / 60
            assert (one.starts, minutes, one.title) == (one.original_starts, series.minutes, series.title)


def _live(db: Session) -> list[Conference]:
    return [one for one in db.scalars(select(Conference)) if one.state not in OFF]


def _held(db: Session) -> None:
    rooms: dict[int, Counter[int]] = {}
    spans = []
    for row in db.scalars(select(Reservation).where(Reservation.room_id.is_not(None))):
        assert row.conference_id is not None
        assert row.room_id is not None
        rooms.setdefault(row.conference_id, Counter())[row.room_id] += 1
        spans.append((row.room_id, row.starts, row.ends))
    spans.sort()
    for before, after in pairwise(spans):
        assert before[0] != after[0] or before[2] <= after[1]
    wanted = {
        one.id: Counter(db.scalars(select(Site.room_id).where(Site.conference_id == one.id))) for one in _live(db)
    }
    assert rooms == {conference: sites for conference, sites in wanted.items() if sites}


def shown(db: Session) -> Shown:
    """What is in the calendar of somebody who got every letter: start by entry and date of it."""
    found: Shown = {}
    for edition in db.scalars(select(Edition).order_by(Edition.uid, Edition.number)):
        content, uid = edition.content, edition.uid
        part, starts = content.get("recurrence_id"), datetime.fromisoformat(content["starts"])
        if content["what"] == "removed":
            continue
        if part is None:
            found = {key: at for key, at in found.items() if key[0] != uid}
        if edition.method == "CANCEL":
            found.pop((uid, part), None)
        elif content.get("rule"):
            gone = {datetime.fromisoformat(at) for at in content["exdates"]}
            for at in expand(parse_rule(content["rule"]), starts):
                if at not in gone:
                    found[uid, at.isoformat()] = at
            for one in content["overrides"]:
                found[uid, one["recurrence_id"]] = datetime.fromisoformat(one["starts"])
        else:
            found[uid, part] = starts
    return found
