"""A trial run that was ticked while booking: what is said of it, and where one that did not fit is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission
from confsvc.web import keys
from confsvc.web.errors import field_text, full_text, taken_text
from confsvc.web.pages.choices import load_places
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.ways import address, carried
from confsvc.web.pages.wish import typed_of
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.book import check
from scheduler.booking.booking import Rules
from scheduler.booking.trial import Tried, trial_wish
from scheduler.local_time import LOCAL, local_day
from scheduler.models import Conference

LONGEST_TITLE = 200
MOST_SAID = 6
REFUSED = "refused"


@dataclass(frozen=True)
class Lacking:
    """Why there is no trial run: the usual time, what stands in its way now, and where another one is looked for."""

    when: str
    reasons: tuple[str, ...]
    href: str


def trial_title(title: str, language: str) -> str:
    return Phrases(language).say("Trial run for %(title)s", title=title)[:LONGEST_TITLE]


def said_of_trial(made: Tried, words: Phrases) -> str:
    """After booking: when it is, or that it cannot be yet; one that did not fit is told of on the page itself."""
    if made.wish is None or made.refused is not None:
        return ""
    if made.trial is None:
        return words.say("The trial run can be booked once the meeting is approved.")
    return words.say("The trial run is booked: %(time)s.", time=words.span(made.wish.starts, made.wish.ends))


def page_of(made: Tried) -> str:
    """Where to go after booking."""
    here = f"/conferences/{made.booked.key}"
    return f"{here}?trial={REFUSED}" if made.refused is not None else here


async def lacking_trial(request: web.Request, conference: Conference) -> Lacking | None:
    """What the conference's page says of a trial run that was ticked and did not fit."""
    if request.query.get("trial") != REFUSED:
        return None
    words = Phrases(request[keys.LANGUAGE])
    return await request.app[keys.DATABASE].read(
        _lacking, keys.actor(request), conference, words, now=keys.now(request), rules=keys.rules(request)
    )


def _lacking(
    db: Session, actor: Actor, conference: Conference, words: Phrases, *, now: datetime, rules: Rules
) -> Lacking:
    wish = trial_wish(booking_of(db, conference), trial_title(conference.title, words.language), rules.calendar)
    found = check(db, wish, now=now, rules=rules)
    reasons = [field_text(error, words.language) for error in found.errors]
    reasons += [taken_text(one.as_data(), words.language) for one in found.taken]
    reasons += [full_text(one, words.language) for one in found.full]
    typed = typed_of(wish, load_places(db, actor, Permission.CONFERENCE_BOOK, local_day(wish.starts)))
    first = max(wish.starts, now).astimezone(LOCAL)
    minutes = int((wish.ends - wish.starts).total_seconds()) // 60
    pairs = [*carried(typed), ("minutes", str(minutes)), ("day", f"{first:%Y-%m-%d}"), ("at", typed.start)]
    when = words.headed(words.span(wish.starts, wish.ends))
    return Lacking(when, tuple(reasons[:MOST_SAID]), address("/find-time", pairs))
