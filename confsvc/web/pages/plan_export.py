"""The meetings of a period as a file: for spreadsheets and calendars, and to be imported again."""

from __future__ import annotations

import asyncio

from aiohttp import web

from confsvc.plan_booking import list_exported
from confsvc.plan_files import TYPES, write_plan
from confsvc.web import keys
from confsvc.web.pages import plan_import
from confsvc.web.pages.typed import parse_day
from rooms.errors import FieldError, Invalid

MOST_DAYS = 800


async def download(request: web.Request) -> web.Response:
    """GET /plan-export?from=&to=&host=&as=."""
    query, language = request.query, request[keys.LANGUAGE]
    since, until, kind = parse_day(query.get("from", "")), parse_day(query.get("to", "")), query.get("as", "xlsx")
    try:
        if kind not in TYPES:
            raise Invalid([FieldError("as", "unknown_value")])
        if since is None or until is None or until < since:
            raise Invalid([FieldError("to", "not_a_date" if since is None or until is None else "before")])
        if (until - since).days > MOST_DAYS:
            raise Invalid([FieldError("to", "span_too_long", {"days": MOST_DAYS})])
        found = await request.app[keys.DATABASE].read(
            list_exported, keys.actor(request), since, until, query.get("host", "")[:40], language,
            domain=request.app[keys.SETTINGS].mail.domain,
        )  # fmt: skip
    except Invalid as problem:
        return await plan_import.first_page(request, problem.errors, query.get("host", "")[:40])
    body = await asyncio.to_thread(write_plan, kind, found, language, stamp=keys.now(request))
    name = f"plan-{since:%Y%m%d}-{until:%Y%m%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    charset = None if kind == "xlsx" else "utf-8"
    return web.Response(body=body, content_type=TYPES[kind], charset=charset, headers=headers)
