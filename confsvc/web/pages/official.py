"""The signed letter of a conference: its number, symbol, day and file, as the document system made them."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from urllib.parse import quote

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.i18n import text
from confsvc.letter_files import LONGEST_NAME, MOST_BYTES, LetterFiles, examine
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.edit import read_version, stale
from confsvc.web.pages.form import Form
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.sight import find_hosted, find_seen
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid, NotFound
from scheduler.booking.approving.official_letter import Numbered, SignedFile, numbered, purge_letter, record_letter
from scheduler.booking.approving.official_queries import (
    ENDED_OTHERWISE,
    find_letter_of,
    find_symbol,
    list_named_files,
)
from scheduler.booking.booking import Booked
from scheduler.errors import LetterTaken, Stale, WrongMove
from scheduler.local_time import local_day
from scheduler.models import Conference, OfficialLetter

P = Permission.CONFERENCE_CHANGE


def files_of(request: web.Request) -> LetterFiles:
    return LetterFiles(request.app[keys.SETTINGS].var / "letters")


async def show(request: web.Request) -> web.Response:
    """GET /conferences/{key}/letter."""
    return await _page(request, {})


async def _page(
    request: web.Request, typed: dict[str, str], *, errors: tuple[FieldError, ...] = (), said: str = ""
) -> web.Response:
    words = Words(request[keys.LANGUAGE])
    conference, letter, symbol = await request.app[keys.DATABASE].read(
        _stored, keys.actor(request), request.match_info["key"]
    )
    values = typed or {
        "number": letter.number if letter else "", "symbol": letter.symbol if letter else symbol,
        "issued": f"{letter.issued:%d/%m/%Y}" if letter else "",
    }  # fmt: skip
    texts = error_texts(errors, words) | ({"": said} if said else {})
    return render(
        request, "official_letter.html", status=422 if texts else 200, w=words, conference=conference, letter=letter,
        typed=values, errors=texts, most=MOST_BYTES // (1024 * 1024), seen_at=keys.now(request).isoformat(),
    )  # fmt: skip


def _stored(db: Session, actor: Actor, key: str) -> tuple[Conference, OfficialLetter | None, str]:
    conference = find_hosted(db, actor, key, P)
    if conference.state in ENDED_OTHERWISE:
        raise WrongMove(state=conference.state, to="letter")
    return conference, find_letter_of(db, conference.counted_with), find_symbol(db, conference.host_unit_id)


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/letter."""
    form, key, now = Form(await request.post()), request.match_info["key"], keys.now(request)
    typed = {name: form.text(name, 60) for name in ("number", "symbol", "issued")}
    issued = form.day("issued")
    try:
        form.done()
        wanted = _numbered(typed, issued, today=local_day(now))
        content, name = _uploaded(form)
        await request.app[keys.DATABASE].read(_stored, keys.actor(request), key)  # nobody else's file is even looked at
        file = await asyncio.to_thread(examine, content, name) if content else None
        version = read_version(await request.post())
        await _with_file(request, content, file, wanted, version=version, now=now)
    except Invalid as problem:
        return await _page(request, typed, errors=problem.errors)
    except LetterTaken as problem:
        return await _page(request, typed, said=text_of(problem, request[keys.LANGUAGE]))
    except Stale:
        return await stale(request, await request.post())
    return redirect(request, f"/conferences/{key}", flash=text("The letter is recorded.", request[keys.LANGUAGE]))


async def _with_file(
    request: web.Request, content: bytes, file: SignedFile | None, wanted: Numbered, *, version: int, now: datetime
) -> None:
    """The file first, then the row: a row never names a file that is not there. When the row is refused the file goes,
    unless somebody else's letter has the same; he writes it again in case it went between his two steps."""
    files, database = files_of(request), request.app[keys.DATABASE]
    new = file is not None and await asyncio.to_thread(files.keep, content)
    try:
        key = request.match_info["key"]
        await database.write(_save, keys.actor(request), key, wanted, version=version, file=file, now=now)
    except BaseException:
        if file is not None and new and not await database.read(list_named_files, [file.sha256]):
            await asyncio.to_thread(files.remove, file.sha256)
        raise
    if file is not None:
        await asyncio.to_thread(files.keep, content)


def _numbered(typed: dict[str, str], issued: date | None, *, today: date) -> Numbered:
    return numbered(typed["number"], typed["symbol"], issued, today=today)


def _uploaded(form: Form) -> tuple[bytes, str]:
    """The file's bytes, one more than may be kept at most, and its name; none when nothing was chosen."""
    uploaded = form.files.get("file")
    if uploaded is None or not uploaded.filename:
        return b"", ""
    return uploaded.file.read(MOST_BYTES + 1), uploaded.filename[-LONGEST_NAME:]


def _save(
    db: Session, actor: Actor, key: str, wanted: Numbered, *, version: int, file: SignedFile | None, now: datetime
) -> Booked:
    find_hosted(db, actor, key, P)
    return record_letter(db, key, wanted, version=version, file=file, actor=actor.text, now=now)


async def download(request: web.Request) -> web.Response:
    """GET /conferences/{key}/letter.pdf, for whoever may see the conference: as it came, to be saved, not shown."""
    letter = await request.app[keys.DATABASE].read(_kept, keys.actor(request), request.match_info["key"])
    content = await asyncio.to_thread(files_of(request).read, letter[0])
    if content is None:
        raise NotFound(kind="letter")
    name = quote(letter[1] or "letter.pdf", safe="")
    headers = {
        hdrs.CONTENT_DISPOSITION: f"attachment; filename=\"letter.pdf\"; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }  # fmt: skip
    return web.Response(body=content, content_type="application/pdf", headers=headers)


def _kept(db: Session, actor: Actor, key: str) -> tuple[str, str]:
    letter = find_letter_of(db, find_seen(db, actor, key).counted_with)
    if letter is None or letter.pdf_sha256 is None or letter.purged_at is not None:
        raise NotFound(kind="letter", key=key)
    return letter.pdf_sha256, letter.pdf_name or ""


async def purge(request: web.Request) -> web.Response:
    """POST /conferences/{key}/letter/purge: an administrator takes the file out for good."""
    actor, key, language = keys.actor(request), request.match_info["key"], request[keys.LANGUAGE]
    require(actor, Permission.LETTER_PURGE)
    form = Form(await request.post())
    try:
        gone = await request.app[keys.DATABASE].write(
            purge_letter, key, reason=form.text("reason", 2000), actor=actor.text, now=keys.now(request)
        )
    except Invalid:
        return redirect(request, f"/conferences/{key}", flash=text("Give a reason.", language), tone="bad")
    if gone:
        await asyncio.to_thread(files_of(request).remove, gone)
    return redirect(request, f"/conferences/{key}", flash=text("The file is taken out.", language), tone="warn")
