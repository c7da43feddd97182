"""What people are told of a series as a whole: one calendar entry by rule, with the dates that are off or different.

A rule's dates share one entry: one letter a recipient, whatever their number (RFC 5546 3.2.2, 3.2.5). News of one date
is told by itself (letters.py); it says which date it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.booking.approving.stored import invited, party_of
from scheduler.booking.invitations import edition_content
from scheduler.booking.letters import owe_content
from scheduler.booking.party import Invitee, Party, find_party
from scheduler.booking.series.queries import list_members, list_names_apart
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
    only: Sequence[Invitee] = (), bump: bool = True, resent: bool = False, due: datetime | None = None,
) -> None:  # fmt: skip
    """Owe one letter a recipient about the whole entry. ``what``: booked, changed, cancelled, or removed for those who
    need not come any more. ``only``: tell just these. ``bump`` as in owe_edition; ``resent``: somebody asked for it
    again. ``due`` as in owe_edition. ``related``: the entry that it was split from. ``also``: who is told besides those
    of its dates. Nothing when it has no entry."""
    members = list_members(db, series.id)
    live = sharing(members)
    dated = live or [one for one in members if one.recurrence_id is not None] or members
    if series.uid is None or not dated or dated[0].demo or (what in ("booked", "changed") and not live):
        return
    nearest = next((one for one in dated if one.starts > now), dated[-1])
    usual, renamed = _named(db, live, now)
    apart = [one for one in live if one.altered or one.id in renamed]
    party = _party(db, series, usual or nearest)
    said = (("related_to", related), ("reason", reason), ("resent", resent))
    extra: dict[str, Any] = {name: value for name, value in said if value}
    content = edition_content(_columns(series), party, what, **extra)
    if what in ("booked", "changed"):
        content |= _dates(db, series, live, apart)
    single = live if what == "cancelled" else apart
    people = {invitee.mail: invitee for invitee in only or (*also, *_people(db, party, single))}
    owe_content(
        db, series.uid, content, list(people.values()), conference_id=nearest.id, now=now,
        expires=expires or max(one.ends for one in dated), major=major, bump=bump, due=due,
    )  # fmt: skip


def _columns(series: Series) -> dict[str, Any]:
    """The columns of a conference, for what is said of all; its link leads to the date that is next."""
    booking = wish_at(series.wish, first_start(series), series.minutes)
    names = ("title", "kind", "form", "note", "letter_number", "starts", "ends", "chair_name", "chair_title",
             "chair_mail", "contact_name", "contact_phone")  # fmt: skip
    return {name: getattr(booking, name) for name in names} | {"key": series.key, "booked_at": series.made_at}


def _named(db: Session, live: Sequence[Conference], now: datetime) -> tuple[Conference | None, set[int]]:
    """A date whose units are called as on most dates to come, and the ids of those on which they are called otherwise:
    a unit may be renamed or merged between two dates."""
    ahead = [one for one in live if one.starts > now and not one.altered]
    names = list_names_apart(db, [one.id for one in ahead])
    groups: dict[frozenset[tuple[int, str, str]], list[Conference]] = {}
    for one in ahead:
        groups.setdefault(names.get(one.id, frozenset()), []).append(one)
    if not groups:
        return None, set()
    usual = max(groups.values(), key=len)
    return usual[0], {one.id for one in ahead} - {one.id for one in usual}


def _party(db: Session, series: Series, date: Conference) -> Party:
    """Who takes part in most dates: as the series was wished, or as this date of it says now, when a unit of the wish
    is there no more. Raises Invalid when that does not help."""
    template = wish_at(series.wish, date.recurrence_id or date.starts, series.minutes)
    party, _ = find_party(db, template, local_day(template.starts))
    return party or party_of(db, date)


def _dates(
    db: Session, series: Series, live: Sequence[Conference], apart: Sequence[Conference]
) -> dict[str, Any]:  # fmt: skip
    there = {one.recurrence_id for one in live}
    return {
        "rule": series.rule,
        "exdates": [at.isoformat() for at in rule_dates(series) if at not in there],
        "overrides": [edition_content(one, party_of(db, one), "changed") for one in apart],
    }


def _people(db: Session, party: Party, single: Sequence[Conference]) -> list[Invitee]:
    """Everybody of all dates: those of single ones too, who get their dates only."""
    return [*party.invitees, *(invitee for one in single for invitee in invited(db, one))]
