"""Cancelling a series: this date and the following, or all that are still to come. What is past stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.booking.approving.binding import release
from scheduler.booking.approving.queries import set_open_approvals
from scheduler.booking.approving.stored import invited
from scheduler.booking.party import Invitee
from scheduler.booking.series.letters import OFF, owe_series, rule_dates, sharing
from scheduler.booking.series.queries import (
    delete_reservations_of,
    delete_skips,
    find_locked_series,
    list_locked_members,
    set_columns_of,
    set_series,
)
from scheduler.booking.series.recurrence import parse_rule
from scheduler.booking.series.wish import Scope
from scheduler.conduct.endings import owe_end
from scheduler.conduct.queries import list_room_ids, set_current_opening_closed
from scheduler.errors import Stale, TooLate
from scheduler.models import Conference, Series
from scheduler.moves import move

AHEAD = ("pending", "planned", "provisioned")
IDLE = ("draft", "postponed")


def locked_series(db: Session, key: str, version: int) -> tuple[Series, Sequence[Conference]]:
    """The series and its conferences by time, which nobody else changes until the end. Raises NotFound, Stale."""
    series = find_locked_series(db, key)
    if series is None:
        raise NotFound(kind="series", key=key)
    if series.version != version:
        raise Stale(version=series.version)
    return series, list_locked_members(db, series.id)


def to_come(members: Sequence[Conference], now: datetime) -> list[Conference]:
    """Those that may still be changed."""
    return [one for one in members if one.state in AHEAD and one.starts > now]


def place_of(one: Conference) -> datetime:
    """Where in its series a conference stands: by the date that it is, an extra one by its time."""
    return one.original_starts or one.starts


def cut_of(members: Sequence[Conference], scope: Scope, since: str | None, now: datetime) -> datetime:
    """From where on a series is changed. Raises NotFound, TooLate (that date has begun, or all have), Invalid."""
    if scope == "all":
        ahead = to_come(members, now)
        if not ahead:
            raise TooLate()
        return min(map(place_of, ahead))
    if since is None:
        raise Invalid([FieldError("since", "required")])
    found = next((one for one in members if one.key == since), None)
    if found is None:
        raise NotFound(kind="conference", key=since)
    if found.starts <= now or found.state not in (*AHEAD, *OFF):
        raise TooLate(starts=found.starts.isoformat())
    return place_of(found)


def cancel_series(
    db: Session, key: str, *, scope: Scope, since: str | None, version: int, reason: str, actor: str, now: datetime
) -> int:
    """Cancel the date ``since`` (a conference's key) and all after it, or all that are to come; how many were.

    Everybody gets one letter about the series. Raises NotFound, Stale, TooLate, Invalid (no reason).
    """
    series, members = locked_series(db, key, version)
    said = reason.strip()
    if not said:
        raise Invalid([FieldError("reason", "required")])
    cut = cut_of(members, scope, since, now)
    gone = [one for one in to_come(members, now) if place_of(one) >= cut]
    told = people_of(db, [one for one in gone if one.recurrence_id is not None])
    last = max((one.ends for one in gone), default=now)
    call_off(db, gone, reason=said, actor=actor, now=now)
    end_rule(db, series, cut, told, last=last, reason=said, now=now)
    after = {"scope": scope, "since": cut.isoformat(), "dates": len(gone)}
    add_change(db, "series", series.id, "cancelled", actor=actor, now=now, after=after, reason=said)
    return len(gone)


def people_of(db: Session, members: Sequence[Conference]) -> list[Invitee]:
    """Everybody invited to some of them."""
    return list({invitee.mail: invitee for one in members for invitee in invited(db, one)}.values())


def call_off(db: Session, gone: Sequence[Conference], *, reason: str, actor: str, now: datetime) -> None:
    """Cancel these; dates of the shared entry are told of with it, by the caller, others by a letter of their own."""
    delete_reservations_of(db, [one.id for one in gone])
    for one in gone:
        set_open_approvals(db, one.id, "withdrawn", now=now, by=actor)
        if one.recurrence_id is None:
            release(db, one, "cancelled", reason=reason, now=now)
        else:
            close_room(db, one, now=now)
        move(
            db, one.id, "cancelled", expected=one.state, act="cancelled", actor=actor, now=now, reason=reason,
            values={"due": None},
        )  # fmt: skip
        poke(db, *(f"room:{room_id}" for room_id in list_room_ids(db, one.id)))
        db.refresh(one)


def close_room(db: Session, one: Conference, *, now: datetime) -> None:
    """No video room from here on."""
    if one.state in ("provisioned", "open"):
        owe_end(db, one.id, now=now)
    set_current_opening_closed(db, one.id, now)


def end_rule(
    db: Session, series: Series, cut: datetime, told: Sequence[Invitee], *, last: datetime, reason: str | None,
    now: datetime,
) -> None:  # fmt: skip
    """The rule ends before ``cut``: the entry gets an end. When nothing of it remains, it is cancelled as a whole and
    the rule stays, as what the dates were."""
    kept = [at for at in rule_dates(series) if at < cut]
    living = [one for one in sharing(list_locked_members(db, series.id)) if one.recurrence_id in kept]
    if series.rule is None or series.closed_at is not None:
        set_series(db, series.id, {})
        return
    if living:
        delete_skips(db, series.id, since=cut)
        values: dict[str, Any] = {"rule": parse_rule(series.rule).ending(kept[-1]).text()}
    else:
        values = {"closed_at": now}
    set_series(db, series.id, values)
    db.refresh(series)
    let_go(db, series)
    what = "changed" if living else "cancelled"
    owe_series(db, series, what, now=now, major=True, expires=last, also=told, reason=reason)


def let_go(db: Session, series: Series) -> None:
    """What is cancelled and has no day in the rule any more is none of its dates; put back, it is an extra one. What is
    only postponed when the entry is cancelled as a whole comes back with an entry of its own."""
    if series.rule is None:
        return
    dates = set(rule_dates(series))
    for one in list_locked_members(db, series.id):
        if one.state in OFF and one.original_starts is not None and one.original_starts not in dates:
            columns: dict[str, Any] = {"original_starts": None, "altered": False}
            if one.recurrence_id is not None:
                columns |= {"recurrence_id": None, "uid": None}
        elif series.closed_at is not None and one.state in IDLE and one.recurrence_id is not None:
            columns = {"recurrence_id": None, "uid": None}
        else:
            continue
        set_columns_of(db, [one.id], columns)
        db.refresh(one)
