"""The expected size of a series: its later dates reserve seats of the video host by what came to the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Rules
from scheduler.booking.place.expected import LEAST_DATES, ShowRate, show_rate
from scheduler.booking.place.expected_queries import list_shown
from scheduler.booking.place.reservations import BRIDGE
from scheduler.booking.series.cancel import locked_series, place_of, to_come
from scheduler.booking.series.dates import judge, lock_all, refuse, survey_all
from scheduler.booking.series.queries import list_bridges_of, set_bridge_amount, set_series
from scheduler.booking.series.wish import Wished
from scheduler.models import Conference


def set_expected(
    db: Session, key: str, *, accept: bool, version: int, actor: str, now: datetime, rules: Rules
) -> ShowRate | None:
    """Reserve for those who come by past dates, or for everybody again; at once for all dates that are to come.

    Raises NotFound, Stale, Invalid (fewer than three dates are recorded), SeriesBlocked (everybody again, and the host
    has not the seats on some date). A date whose wish does not hold any more keeps what it has.
    """
    series, members = locked_series(db, key, version)
    rate = show_rate(list_shown(db, series.id)) if accept else None
    if accept and rate is None:
        raise Invalid([FieldError("accept", "too_few_recorded", {"least": LEAST_DATES})])
    before = series.expected
    set_series(db, series.id, {"expected": rate.as_data() if rate else None})
    db.refresh(series)
    _reserve(db, [one for one in to_come(members, now) if one.form != "in_person"], accept, now, rules)
    add_change(
        db, "series", series.id, "expected_size", actor=actor, now=now, before=before or {},
        after=rate.as_data() if rate else {},
    )  # fmt: skip
    return rate


def _reserve(db: Session, ahead: Sequence[Conference], accept: bool, now: datetime, rules: Rules) -> None:
    """Amounts of the video host anew, under its locks; what else these dates hold stays as it is."""
    bridges = list_bridges_of(db, [one.id for one in ahead])
    wished = [
        Wished(place_of(one), replace(booking_of(db, one), clash_confirmed=True), one.id, bridges.get(one.id))
        for one in ahead
    ]
    judged = [one for one in judge(db, wished, now=now, rules=rules) if not one.errors]
    lock_all(db, judged)
    survey_all(db, judged, rules)
    if not accept:
        refuse([one for one in judged if one.survey is not None and one.survey.full])
    for one in judged:
        for hold in one.place.holds:
            if hold.kind == BRIDGE:
                set_bridge_amount(db, one.wished.kept, hold.amount)
