"""What an administrator does with one webhook beside changing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from aiohttp import web

from confsvc.web import keys
from confsvc.web.pages.form import Form
from scheduler.local_time import LOCAL
from scheduler.telling import webhooks as acts
from scheduler.telling.models import Webhook

ACTS = ("try", "again", "since", "secret", "off", "on", "remove")


@dataclass(frozen=True)
class Acted:
    """``said``: what is told afterwards, with ``count``; ``hook``: its new secret is to be shown; ``gone``: it is no
    longer there."""

    said: str = ""
    count: int = 0
    hook: Webhook | None = None
    gone: bool = False


async def act_on(request: web.Request, form: Form, key: str, *, actor: str) -> Acted:
    """Do what the field ``act`` says. Raises Invalid, NotFound, WrongMove."""
    database, now = request.app[keys.DATABASE], keys.now(request)
    wanted = form.choice("act", ACTS)
    delivery = form.number("delivery", required=wanted == "again")
    day = form.day("since", required=wanted == "since")
    form.done()
    match wanted:
        case "try":
            await database.write(acts.try_out, key, actor=actor, now=now)
            return Acted("The trial is on its way; look at the list in a moment.")
        case "again":
            await database.write(acts.tell_again, key, delivery or 0, now=now)
            return Acted("It is told again.")
        case "since" if day is not None:
            since = datetime.combine(day, time.min, LOCAL).astimezone(UTC)
            count = await database.write(acts.tell_all_again, key, since, now=now)
            return Acted("%(count)s events are told again.", count)
        case "secret":
            return Acted(hook=await database.write(acts.renew_secret, key, actor=actor, now=now))
        case "off":
            await database.write(acts.switch_off, key, by=actor, now=now)
            return Acted("It is switched off; what was owed is given up.")
        case "on":
            await database.write(acts.switch_on, key, actor=actor, now=now)
            return Acted("It is told again of what happens from now on.")
    await database.write(acts.remove_webhook, key, actor=actor, now=now)
    return Acted("It is removed.", gone=True)
