"""Offices from a CSV file: first what would happen, then, when somebody agrees, the same file for real.

The file is bounded (rooms.unit_files) and travels twice: nothing of an upload is kept on the server.
"""

from __future__ import annotations

import base64
from datetime import date, datetime

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission, require
from confsvc.web import keys
from confsvc.web.errors import field_text
from confsvc.web.pages.form import Form, read_form
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid
from rooms.importing import Report, import_units
from rooms.unit_files import MOST_BYTES, MOST_ROWS, UNIT_COLUMNS, UnitRow, read_units
from scheduler.local_time import local_day

MOST_PREVIEW = 600_000
"""The preview carries the file in its form; a longer one is for the command line."""
MOST_ERRORS = 100


async def show(request: web.Request) -> web.Response:
    """The form."""
    require(keys.actor(request), Permission.DIRECTORY_EDIT)
    return _page(request)


async def submit(request: web.Request) -> web.Response:
    """Preview, or with ``act=apply`` do what the preview said."""
    require(keys.actor(request), Permission.DIRECTORY_EDIT)
    form, now = await read_form(request), keys.now(request)
    data, agreed = await _file(form), form.values.get("act") == "apply"
    on = form.day("on") or local_day(now)
    try:
        form.done()
        if len(data) > MOST_PREVIEW:
            raise Invalid([FieldError("file", "too_large", {"most": MOST_PREVIEW})])
        if not data.strip():
            raise Invalid([FieldError("file", "required")])
        rows = read_units(data)
        domain, actor = request.app[keys.SETTINGS].mail.domain, keys.actor(request).text
        database = request.app[keys.DATABASE]
        run = database.write if agreed else database.read
        report = await run(_import, rows, on, actor, domain, dry_run=not agreed, now=now)
    except Invalid as problem:
        return _page(request, problem=problem, on=on)
    words = Words(request[keys.LANGUAGE])
    if agreed:
        said = words(
            "%(added)s offices added, %(changed)s changed.", added=len(report.added), changed=len(report.changed)
        )
        return redirect(request, "/directory", flash=said, tone="ok")
    return _page(request, report=report, names={r.code: r.name for r in rows}, on=on, data=data)


def _import(
    db: Session, rows: list[UnitRow], on: date, actor: str, domain: str, *, dry_run: bool, now: datetime
) -> Report:
    return import_units(db, rows, on=on, actor=actor, now=now, mail_domain=domain, dry_run=dry_run)


async def _file(form: Form) -> bytes:
    """The uploaded file, or the one that the preview carries."""
    uploaded = form.files.get("file")
    if uploaded is not None:
        return uploaded.file.read(MOST_BYTES + 1)
    try:
        return base64.b64decode(form.values.get("data", ""), validate=True)
    except ValueError:  # also for signs beyond ASCII
        return b""


def _page(
    request: web.Request, *, problem: Invalid | None = None, report: Report | None = None,
    names: dict[str, str] | None = None, on: date | None = None, data: bytes = b"",
) -> web.Response:  # fmt: skip
    language = request[keys.LANGUAGE]
    errors = [(error.field, field_text(error, language)) for error in problem.errors] if problem else []
    return render(
        request, "directory_import.html", status=422 if problem else 200, w=Words(language),
        errors=errors[:MOST_ERRORS],
        more_errors=max(0, len(errors) - MOST_ERRORS), report=report, names=names or {},
        on=(on or local_day(keys.now(request))).strftime("%d/%m/%Y"), data=base64.b64encode(data).decode(),
        columns=UNIT_COLUMNS, most_rows=MOST_ROWS,
    )  # fmt: skip
