"""Making the letter of invitation: what it needs besides the meeting, how it looks, and its files."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc import letter_making as making
from confsvc.access import Actor, Permission
from confsvc.i18n import text
from confsvc.letter_files import is_marked_text
from confsvc.letter_printing import DOCX, PDF, letter_now, pictures, printed
from confsvc.web import keys
from confsvc.web.pages.form import Form
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.sight import find_hosted
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from integrations.documents.letter_content import InvitationLetter
from rooms.errors import FieldError, Invalid, NotFound
from scheduler.booking.approving.letter_draft import (
    LONGEST,
    URGENCIES,
    LetterWish,
    check_letter,
    letter_wish,
    save_letter_draft,
)
from scheduler.booking.approving.official_queries import find_letter_of
from scheduler.models import Conference

P = Permission.CONFERENCE_CHANGE
_FLAGS = ("recorded", "series")


async def show(request: web.Request) -> web.Response:
    """GET /conferences/{key}/letter/make."""
    return await _page(request, None, ())


async def _page(request: web.Request, typed: dict[str, Any] | None, errors: tuple[FieldError, ...]) -> web.Response:
    words, key = Words(request[keys.LANGUAGE]), request.match_info["key"]
    seen = await request.app[keys.DATABASE].read(_look, keys.actor(request), key, now=keys.now(request))
    letter: InvitationLetter = seen.pop("letter")
    pages = await pictures(letter, request.app[keys.SETTINGS].service.letter_fonts)
    texts = error_texts(errors, words)
    return render(
        request, "letter_make.html", status=422 if texts else 200, w=words, typed=typed or seen.pop("values"),
        errors=texts, urgencies=[(one, one) for one in URGENCIES], longest=LONGEST, pages=len(pages),
        missing=[name for name in ("title", "signer") if not getattr(seen["wish"], name)], **seen,
    )  # fmt: skip


def _look(db: Session, actor: Actor, key: str, *, now: datetime) -> dict[str, Any]:
    conference = find_hosted(db, actor, key, P)
    letter = letter_now(db, conference, now=now)
    wish, saved = letter_wish(db, conference)
    usual = {
        "superior": making.usual_superior(db, conference), "place": making.usual_place(db, conference),
        "subject": making.usual_subject(conference), "recipients": "\n".join(making.usual_recipients(wish)),
    }  # fmt: skip
    values = asdict(wish) | {"dated": f"{wish.dated:%d/%m/%Y}" if wish.dated else ""}
    return {
        "conference": conference, "letter": letter, "wish": wish, "saved": saved, "usual": usual, "values": values,
        "numbered": find_letter_of(db, conference.counted_with),
    }  # fmt: skip


async def save(request: web.Request) -> web.Response:
    """POST /conferences/{key}/letter/make."""
    form, key = Form(await request.post()), request.match_info["key"]
    said, flags = {name: _several(form, name) for name in LONGEST}, {name: form.flag(name) for name in _FLAGS}
    dated = form.day("dated")
    errors = [*form.errors, *(FieldError(name, "marked_secret") for name in LONGEST if is_marked_text(said[name]))]
    wish = LetterWish(**said, **flags, dated=dated)  # type: ignore[arg-type]  # texts and flags by their names
    try:
        if errors:
            raise Invalid(errors)
        check_letter(wish)
        await request.app[keys.DATABASE].write(_save, keys.actor(request), key, wish, now=keys.now(request))
    except Invalid as problem:
        return await _page(request, said | flags | {"dated": form.values.get("dated", "")}, problem.errors)
    return redirect(
        request, f"/conferences/{key}/letter/make", flash=text("The letter's text is saved.", request[keys.LANGUAGE])
    )


def _several(form: Form, name: str) -> str:
    """Lines as typed, in NFC, without spaces at their ends and without empty ones at the end."""
    lines = unicodedata.normalize("NFC", form.values.get(name, "")).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def _save(db: Session, actor: Actor, key: str, wish: LetterWish, *, now: datetime) -> None:
    find_hosted(db, actor, key, P)
    save_letter_draft(db, key, wish, actor=actor.text, now=now)


async def pdf(request: web.Request) -> web.Response:
    """GET /conferences/{key}/letter/draft.pdf."""
    return await _file(request, PDF, "pdf")


async def docx(request: web.Request) -> web.Response:
    """GET /conferences/{key}/letter/draft.docx."""
    return await _file(request, DOCX, "docx")


async def picture(request: web.Request) -> web.Response:
    """GET /conferences/{key}/letter/page-{n}.png: one page to look at."""
    letter = await request.app[keys.DATABASE].read(
        _letter, keys.actor(request), request.match_info["key"], now=keys.now(request)
    )
    pages, number = (
        await pictures(letter, request.app[keys.SETTINGS].service.letter_fonts),
        int(request.match_info["n"]),
    )
    if number > len(pages):
        raise NotFound(kind="letter")
    return web.Response(body=pages[number - 1], content_type="image/png")


async def _file(request: web.Request, media: str, ending: str) -> web.Response:
    key = request.match_info["key"]
    letter = await request.app[keys.DATABASE].read(_letter, keys.actor(request), key, now=keys.now(request))
    content = await printed(letter, media, request.app[keys.SETTINGS].service.letter_fonts)
    name = f'attachment; filename="giay-moi-{key}.{ending}"'
    headers = {hdrs.CONTENT_DISPOSITION: name, "Content-Security-Policy": "sandbox; default-src 'none'"}
    return web.Response(body=content, content_type=media, headers=headers)


def _letter(db: Session, actor: Actor, key: str, *, now: datetime) -> InvitationLetter:
    conference: Conference = find_hosted(db, actor, key, P)
    return letter_now(db, conference, now=now)
