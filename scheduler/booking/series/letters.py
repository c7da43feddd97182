"""What people are told of a series as a whole: one calendar entry by rule, with the dates that are off or different.

A rule's dates share one entry: one letter a recipient, whatever their number (RFC 5546 3.2.2, 3.2.5). News of one date
is told by itself (letters.py); it says which date it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import Invalid
from scheduler.booking.approving.stored import invited, party_of
from scheduler.booking.invitations import edition_content
from scheduler.booking.letters import owe_content
from scheduler.booking.party import Invitee, Party, find_party
from scheduler.booking.series.queries import list_members
from scheduler.booking.series.recurrence import expand, parse_rule
from scheduler.booking.series.wish import wish_at
from scheduler.local_time import LOCAL, local_day
from scheduler.models import Conference, Series

OFF = ("cancelled", "postponed")


def first_start(series: Series) -> datetime:
    """When the first date of the series begins, as its rule counts."""
    return datetime.fromisoformat(series.local_start).replace(tzinfo=LOCAL)


def rule_dates(series: Series) -> list[datetime]:
    """Original starts of all dates of a rule, rising; [] for a list."""
    return expand(parse_rule(series.rule), first_start(series)) if series.rule else []


def sharing(members: Iterable[Conference]) -> list[Conference]:
    """Those that are dates of the shared entry and take place, or did."""
    return [one for one in members if one.recurrence_id is not None and one.state not in OFF]


def owe_series(
    db: Session, series: Series, what: str, *, now: datetime, major: bool = False, expires: datetime | None = None,
    related: str | None = None, reason: str | None = None, also: Sequence[Invitee] = (),
    only: Sequence[Invitee] = (),
) -> None:  # fmt: skip
    """Owe one letter a recipient about the whole entry. ``what``: booked, changed, cancelled, or removed for those who
    need not come any more (``only``). ``related``: the entry that it was split from. ``also``: who is told besides
    those of its dates. Nothing when it has no entry."""
    members = list_members(db, series.id)
    live = sharing(members)
    dated = live or [one for one in members if one.recurrence_id is not None] or members
    if series.uid is None or not dated or dated[0].demo or (what in ("booked", "changed") and not live):
        return
    nearest = next((one for one in dated if one.starts > now), dated[-1])
    template = wish_at(series.wish, nearest.recurrence_id or nearest.starts, series.minutes)
    party, errors = find_party(db, template, local_day(template.starts))
    if party is None:
        raise Invalid(errors)
    extra: dict[str, Any] = {name: value for name, value in (("related_to", related), ("reason", reason)) if value}
    content = edition_content(_columns(series), party, what, **extra)
    if what in ("booked", "changed"):
        content |= _dates(db, series, live)
    people = {invitee.mail: invitee for invitee in only or (*also, *_people(db, party, live, what))}
    owe_content(
        db, series.uid, content, list(people.values()), conference_id=nearest.id, now=now,
        expires=expires or max(one.ends for one in dated), major=major,
    )  # fmt: skip


def _columns(series: Series) -> dict[str, Any]:
    """The columns of a conference, for what is said of all; its link leads to the date that is next."""
    booking = wish_at(series.wish, first_start(series), series.minutes)
    names = ("title", "kind", "form", "note", "letter_number", "starts", "ends", "chair_name", "chair_title",
             "chair_mail", "contact_name", "contact_phone")  # fmt: skip
    return {name: getattr(booking, name) for name in names} | {"key": series.key, "booked_at": series.made_at}


def _dates(db: Session, series: Series, live: Sequence[Conference]) -> dict[str, Any]:
    there = {one.recurrence_id for one in live}
    return {
        "rule": series.rule,
        "exdates": [at.isoformat() for at in rule_dates(series) if at not in there],
        "overrides": [edition_content(one, party_of(db, one), "changed") for one in live if one.altered],
    }


def _people(db: Session, party: Party, live: Sequence[Conference], what: str) -> list[Invitee]:
    """Everybody of all dates: those of single ones too, who get their dates only."""
    apart = [one for one in live if one.altered or what == "cancelled"]
    return [*party.invitees, *(invitee for one in apart for invitee in invited(db, one))]
