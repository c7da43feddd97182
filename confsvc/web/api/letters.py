"""The letter of invitation as a file, for programs."""

from __future__ import annotations

from datetime import datetime

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.letter_printing import DOCX, PDF, letter_now, printed
from confsvc.web import keys
from confsvc.web.api.layer import Answer, operation
from confsvc.web.api.reading import KeyPath
from confsvc.web.pages.sight import find_seen
from integrations.documents.letter_content import InvitationLetter


@operation("The letter of invitation as PDF", answer=None, media=PDF, problems=(409, 413, 503))
async def letter_pdf(request: web.Request, *, path: KeyPath) -> Answer:
    return await _file(request, path.key, PDF, "pdf")


@operation("The letter of invitation to edit", answer=None, media=DOCX, problems=(409, 413, 503))
async def letter_docx(request: web.Request, *, path: KeyPath) -> Answer:
    return await _file(request, path.key, DOCX, "docx")


async def _file(request: web.Request, key: str, media: str, ending: str) -> Answer:
    letter = await request.app[keys.DATABASE].read(_letter, keys.actor(request), key, now=keys.now(request))
    content = await printed(letter, media, request.app[keys.SETTINGS].service.letter_fonts)
    headers: dict[str, str] = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="giay-moi-{key}.{ending}"'}
    return Answer(None, headers=headers, written=content)


def _letter(db: Session, actor: Actor, key: str, *, now: datetime) -> InvitationLetter:
    conference = find_seen(db, actor, key)
    require(actor, Permission.CONFERENCE_CHANGE, conference.host_unit_id)
    return letter_now(db, conference, now=now)
