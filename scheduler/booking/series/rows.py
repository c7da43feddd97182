"""The rows of a series and of its conferences, all in one bundle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rooms.bulk import Bundle, insert_bundle, next_ids
from rooms.models import Change
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.booking import Booked, Rules
from scheduler.booking.conference_rows import conference_row, new_conference, new_conference_key, raise_taken
from scheduler.booking.place.lock_queries import Ids
from scheduler.booking.series.dates import Judged
from scheduler.booking.series.recurrence import wall
from scheduler.booking.series.wish import differs, minutes_of, wish_at, wish_data
from scheduler.local_time import LOCAL
from scheduler.models import (
    Approval,
    CalendarItem,
    Conference,
    Delegation,
    Edition,
    Effect,
    Guest,
    KnownClash,
    Opening,
    Reservation,
    Series,
    SeriesSkip,
    Site,
)

_ORDER = (
    CalendarItem, Edition, Series, SeriesSkip, Conference, Site, Delegation, Guest, KnownClash, Opening, Reservation,
    Approval, Effect, Change,
)  # fmt: skip
_OWN_ENTRY = (CalendarItem, Edition, Effect)


@dataclass(frozen=True)
class Kin:
    """What a conference is told of its series. ``uid``: the entry that the dates of a rule share, while it stands: a
    date that comes after it was cancelled as a whole has an entry of its own, or nobody heard of it; ``leader``: the
    conference that all are counted with, where they count once (0: the first of the new ones); ``related``: the entry
    that theirs belong to; ``extra``: a date that the rule does not have; ``unlike``: its dates were never alike."""

    id: int
    wish: dict[str, Any]
    minutes: int
    uid: str | None = None
    leader: int | None = None
    related: str | None = None
    extra: bool = False
    unlike: bool = False

    @classmethod
    def of(cls, series: Series, leader: int | None = None, related: str | None = None) -> Kin:
        if series.closed_at is not None:
            return cls(series.id, series.wish, series.minutes, None, leader, related or series.uid)
        return cls(series.id, series.wish, series.minutes, series.uid, leader, related)


def series_row(
    series_id: int, first: Judged, *, counts: str, rule: str | None, uid: str | None, actor: str, now: datetime,
    split_from: int | None = None, expected: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A series whose first date is ``first`` as it was wished."""
    booking, wish = first.wished.booking, wish_data(first.wished.booking)
    return {
        "id": series_id, "key": new_conference_key(), "title": wish["title"], "host_unit_id": booking.host_unit_id,
        "counts": counts, "rule": rule, "tz": str(LOCAL), "local_start": wall(first.wished.original).isoformat(),
        "minutes": minutes_of(booking), "wish": wish, "uid": uid, "closed_at": None, "expected": expected,
        "split_from_id": split_from, "version": 1, "made_by": actor, "made_at": now,
    }  # fmt: skip


def skip_rows(series_id: int, originals: Iterable[datetime], *, actor: str, now: datetime) -> list[dict[str, Any]]:
    return [{"series_id": series_id, "original_starts": one, "by": actor, "at": now} for one in originals]


def new_members(
    db: Session, kin: Kin, judged: Sequence[Judged], *, actor: str, now: datetime, rules: Rules, demo: bool = False
) -> tuple[list[Bundle], list[Booked]]:  # fmt: skip
    """The rows of new conferences of a series, one bundle each, and what they will be known by. Dates of a rule share
    its entry, and their letters are its own to owe; others, and what waits for approval, have entries of their own."""
    if not judged:
        return [], []
    ids = next_ids(db, Conference, len(judged))
    editions = next_ids(db, Edition, len(judged))
    sites = iter(next_ids(db, Site, max(sum(len(one.ready.party.rooms) for one in judged), 1)))
    bundles, booked = [], []
    leader, related = kin.leader, kin.related
    for one, conference_id, edition_id in zip(judged, ids, editions, strict=True):
        mine = Ids(conference_id, edition_id, [next(sites) for _ in one.ready.party.rooms])
        needs = () if demo else approval_needs(one.wished.booking, rules)
        template = wish_at(kin.wish, one.wished.original, kin.minutes)
        row = conference_row(one.ready, conference_id, actor=actor, now=now, rules=rules) | {
            "demo": demo, "series_id": kin.id, "recurrence_id": None, "counted_with": leader or conference_id,
            "original_starts": None if kin.extra else one.wished.original,
            "altered": not (kin.extra or kin.unlike) and differs(template, one.wished.booking),
        }  # fmt: skip
        bundle = new_conference(one.ready, one.place, row, mine, actor=actor, now=now, rules=rules, needs=needs)
        if kin.uid is not None and not needs:
            row |= {"uid": kin.uid, "recurrence_id": one.wished.original}
            bundle = [part for part in bundle if part[0] not in _OWN_ENTRY]
        elif related is not None:
            _relate(bundle, related)
        if kin.uid is None and related is None:
            related = row["uid"]
        leader = leader or (conference_id if kin.leader == 0 else None)
        bundles.append(bundle)
        booked.append(Booked(conference_id, row["key"]))
    return bundles, booked


def _relate(bundle: Bundle, uid: str) -> None:
    for model, rows in bundle:
        if model is Edition:
            for row in rows:
                row["content"]["related_to"] = uid


def insert_all(db: Session, bundles: Iterable[Bundle]) -> None:
    """Everything in one round trip. Raises RoomTaken when the database refuses an overlap."""
    merged: dict[Any, list[dict[str, Any]]] = {model: [] for model in _ORDER}
    for bundle in bundles:
        for model, rows in bundle:
            merged[model] += rows
    try:
        insert_bundle(db, list(merged.items()))
    except IntegrityError as problem:
        raise_taken(problem)
