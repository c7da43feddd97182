"""A year's plan from a file: first what would become of each row, then the chosen rows are booked.

Nothing of an upload is kept on the server: its rows travel in the form.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from confsvc.access import Permission
from confsvc.plan_booking import Asking, digest_of
from confsvc.plan_files import MOST_BYTES, MOST_ROWS, TYPES, Line, read_plan, template, unpack
from confsvc.plan_words import HEADINGS, NEEDED
from confsvc.web import keys
from confsvc.web.errors import field_text
from confsvc.web.pages import plan_steps
from confsvc.web.pages.choices import load_places
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.typed import Fields, list_field, text_field
from confsvc.web.rendering import render
from rooms.errors import FieldError, Invalid
from rooms.queries import list_units
from scheduler.local_time import local_day

P = Permission.CONFERENCE_BOOK
MOST_SENT = MOST_BYTES + 2 * 1024 * 1024
"""A file, or its rows as the form carries them."""


@dataclass(frozen=True)
class Sent:
    """The form. ``chosen``: numbers of rows, None when nothing was chosen yet; ``short``: rows that come at short
    notice; ``after``: how many of the chosen ones were done."""

    lines: tuple[Line, ...]
    unused: tuple[str, ...]
    asking: Asking
    act: str
    chosen: frozenset[int] | None
    short: frozenset[int]
    after: int

    @property
    def wanted(self) -> tuple[Line, ...]:
        """The chosen rows in the order of the file."""
        return tuple(line for line in self.lines if line.number in (self.chosen or ()))

    def missing(self) -> list[FieldError]:
        """What is asked once for all rows before anything is booked."""
        asking, errors = self.asking, [] if self.wanted else [FieldError("row", "required")]
        if asking.draft:
            return errors
        if not asking.no_secrets:
            errors.append(FieldError("no_secrets", "required"))
        if not asking.reason and self.short & (self.chosen or frozenset()):
            errors.append(FieldError("short_notice_reason", "required", {"required": 0}))
        elif len(asking.reason) > 500:
            errors.append(FieldError("short_notice_reason", "too_long", {"max": 500}))
        return errors


async def show(request: web.Request) -> web.Response:
    """GET /plan-import."""
    return await first_page(request)


async def first_page(request: web.Request, errors: Sequence[FieldError] = (), host: str = "") -> web.Response:
    """The form for a file and the one for an export; ``errors``: in a file or in the choice of an export."""
    words, now, language = Phrases(request[keys.LANGUAGE]), keys.now(request), request[keys.LANGUAGE]
    places = await request.app[keys.DATABASE].read(load_places, keys.actor(request), P, local_day(now))
    texts: dict[str, str] = {}
    for error in errors:
        said = field_text(error, language)
        if error.field in HEADINGS.values():  # a column that the file lacks
            said, error = f"{words.say(error.field)}: {said}", FieldError("file", error.code)
        texts[error.field] = f"{texts[error.field]} {said}" if error.field in texts else said
    default = places.default_host()
    own = host or (default.code if default else "")
    year = local_day(now).year
    return render(
        request, "plan_import.html", status=422 if texts else 200, w=words, errors=texts, host=own,
        hosts=places.host_options(own), most_rows=MOST_ROWS, most=MOST_BYTES // 1024 // 1024, kinds=list(TYPES),
        columns=[words.say(shown) + ("*" if name in NEEDED else "") for name, shown in HEADINGS.items()],
        span=(request.query.get("from", f"01/01/{year}"), request.query.get("to", f"31/12/{year}")),
    )  # fmt: skip


async def download_template(request: web.Request) -> web.Response:
    """GET /plan-import/template.xlsx or .csv."""
    kind, language, now = request.match_info["kind"], request[keys.LANGUAGE], keys.now(request)
    units = await request.app[keys.DATABASE].read(list_units, local_day(now))
    shown = [(unit.code, unit.name) for unit in units if unit.level not in ("commune", "province")]
    body = await asyncio.to_thread(template, kind, language, shown, now=now)
    headers = {"Content-Disposition": f'attachment; filename="plan.{kind}"'}
    return web.Response(body=body, content_type=TYPES[kind], headers=headers)


async def submit(request: web.Request) -> web.Response:
    """POST /plan-import: the file, or its rows with what shall become of them."""
    fields = await request.post()
    try:
        sent = await _read(request, fields)
    except Invalid as problem:
        return await first_page(request, problem.errors, text_field(fields, "host")[:40])
    if sent.act != "book":
        return await plan_steps.preview(request, sent)
    errors = sent.missing()
    return await (plan_steps.preview(request, sent, errors) if errors else plan_steps.book(request, sent))


async def _read(request: web.Request, fields: Fields) -> Sent:
    uploaded, unused = fields.get("file"), tuple(list_field(fields, "unused", 40))
    if isinstance(uploaded, web.FileField):
        plan = await asyncio.to_thread(read_plan, uploaded.file.read(MOST_BYTES + 1))
        lines, unused = plan.lines, plan.unused
    else:
        packed = fields.get("data")
        lines = await asyncio.to_thread(unpack, packed if isinstance(packed, str) else "")
    if not lines:
        raise Invalid([FieldError("file", "required")])
    asking = Asking(
        keys.actor(request), digest_of(lines), text_field(fields, "host")[:40],
        text_field(fields, "short_notice_reason"), bool(fields.get("no_secrets")), fields.get("as") == "draft",
    )  # fmt: skip
    after = _numbers([text_field(fields, "after")])
    chosen = _numbers(list_field(fields, "row", MOST_ROWS)) if "chosen" in fields else None
    short = _numbers(text_field(fields, "short").split(","))
    return Sent(lines, unused, asking, text_field(fields, "act"), chosen, short, max(after, default=0))


def _numbers(typed: Sequence[str]) -> frozenset[int]:
    return frozenset(int(one) for one in typed if one.isascii() and one.isdecimal() and len(one) < 8)
