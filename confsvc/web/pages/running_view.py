"""What a page says of a conference that runs: when it ends, whether it can go on, at which sites nobody was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may
from confsvc.web.errors import full_text, taken_text
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.sight import may_run
from scheduler.booking.booking import Rules
from scheduler.booking.queries import list_sites
from scheduler.booking.reading import SiteView
from scheduler.conduct.extension import LENGTHS
from scheduler.conduct.lifecycle import NOBODY_SEEN, ending_steps
from scheduler.conduct.no_show import no_show_of
from scheduler.conduct.presence import is_given_back, list_unseen, said_here
from scheduler.conduct.presence_queries import list_unit_ids_at
from scheduler.conduct.queries import list_done, list_warned
from scheduler.conduct.room_to_extend import RoomToExtend, room_to_extend
from scheduler.models import Conference, Site

ABOUT_TO_END = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class RunningView:
    """``left``: minutes to the end once a warning was due, None before, 0 when it is over. ``extension``: minutes by
    which it can go on, None when that was not asked. ``obstacles``: what stands in the way of the longest offer.
    ``offers``: lengths in minutes that this person may take now. ``waiting``: sites where nobody was seen, until
    ``back_at``. ``taps``: by room id, "here" (said to be there), "back" (given back); ``may_tap``: rooms for which this
    person may say that they are there."""

    left: int | None = None
    extension: int | None = None
    obstacles: tuple[str, ...] = ()
    offers: tuple[int, ...] = ()
    waiting: tuple[str, ...] = ()
    back_at: datetime | None = None
    taps: Mapping[int, str] = field(default_factory=dict)
    may_tap: frozenset[int] = frozenset()


def running_view(
    db: Session, actor: Actor, conference: Conference, views: Sequence[SiteView], words: Phrases, *, now: datetime,
    rules: Rules,
) -> RunningView:  # fmt: skip
    if conference.state not in ("provisioned", "open"):
        given = {s.room_id: "back" for s in list_sites(db, conference.id) if is_given_back(conference, s)}
        return RunningView(taps=given)
    sites = list_sites(db, conference.id)
    inside = {view.room_id for view in views if view.since is not None}
    taps = {site.room_id: tap for site in sites if (tap := _tap(conference, site)) and site.room_id not in inside}
    tappable = [s for s in sites if s.room_id not in inside and taps.get(s.room_id) != "here" and now < conference.ends]
    may_tap = frozenset(s.room_id for s in tappable if may_check_in(db, actor, conference, s))
    if conference.state == "provisioned" or now < conference.starts:
        return RunningView(taps=taps, may_tap=may_tap)
    mine = may_run(actor, conference)
    found = room_to_extend(db, conference, rules) if mine else None
    waiting, back_at = _waiting(db, conference, views, now)
    return RunningView(
        left=_left(conference, now), extension=found.minutes if found else _told(db, conference),
        obstacles=_obstacles(found, conference, words) if found else (),
        offers=tuple(n for n in LENGTHS if found and n <= found.minutes and now < conference.ends + n * MINUTE),
        waiting=waiting, back_at=back_at, taps=taps, may_tap=may_tap,
    )  # fmt: skip


def may_check_in(db: Session, actor: Actor, conference: Conference, site: Site) -> bool:
    """Whoever runs the conference, and the people and contacts of the offices that sit at the site."""
    if may_run(actor, conference):
        return True
    units = list_unit_ids_at(db, site.id)
    return any(unit == actor.unit_id or may(actor, Permission.CONTACT_EDIT, unit) for unit in units)


def _tap(conference: Conference, site: Site) -> str:
    if is_given_back(conference, site):
        return "back"
    return "here" if said_here(conference, site) else ""


def _left(conference: Conference, now: datetime) -> int | None:
    if conference.ends - now > ABOUT_TO_END:
        return None
    return max(-int((now - conference.ends).total_seconds() // 60), 0)


def _told(db: Session, conference: Conference) -> int | None:
    """What was found out at the last warning, for those who only look."""
    warned = list_warned(db, [conference.key], ending_steps()).get(conference.key)
    return warned.extension if warned else None


def _obstacles(found: RoomToExtend, conference: Conference, words: Phrases) -> tuple[str, ...]:
    """What stands in the way of the longest length that is offered."""
    wanted = conference.ends + timedelta(minutes=max(LENGTHS))
    said = [taken_text(one.as_data(), words.language) for at, one in found.taken if at < wanted]
    return (*said[:3], *[full_text(one, words.language) for at, one in found.full if at < wanted][:2])


def _waiting(
    db: Session, conference: Conference, views: Sequence[SiteView], now: datetime
) -> tuple[tuple[str, ...], datetime | None]:
    warned_at = list_done(db, conference.id, conference.starts).get(NOBODY_SEEN)
    if warned_at is None:
        return (), None
    back_at = warned_at + no_show_of(db, conference).warning
    if now >= back_at:
        return (), None
    unseen = {site.room_id for site in list_unseen(db, conference)}
    names = tuple(view.unit or view.room for view in views if view.room_id in unseen)
    return names, back_at if names else None
