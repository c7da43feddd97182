"""A booking that is being typed: kept on the way by the page's script, thrown away by a button."""

from __future__ import annotations

from aiohttp import web

from confsvc.i18n import text
from confsvc.unsent import BOOKING, forget_unsent, keep_unsent
from confsvc.web import keys
from confsvc.web.pages.phrases import Phrases
from confsvc.web.rendering import redirect


async def keep(request: web.Request) -> web.Response:
    """POST /book/unsent: the form as it stands. Answers what the page then says, as text."""
    fields = [(name, value) for name, value in (await request.post()).items() if isinstance(value, str)]
    now, language = keys.now(request), request[keys.LANGUAGE]
    await request.app[keys.DATABASE].write(keep_unsent, keys.actor(request).account_id, BOOKING, fields, now=now)
    said = text("Kept at %(at)s, not sent yet.", language, {"at": Phrases(language).clock(now)})
    return web.Response(text=said)


async def forget(request: web.Request) -> web.Response:
    """POST /book/unsent/forget: nobody wants to go on with it; a fresh form."""
    await request.app[keys.DATABASE].write(forget_unsent, keys.actor(request).account_id, BOOKING)
    return redirect(request, "/book")
