"""One letter of the outbox as its recipient gets it: headers, text, calendar entry, and the files to take along.

A letter is a function of its edition, so it can be shown before it left; one that was delivered into the mail folder is
read from there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

from aiohttp import web

from confsvc.access import Permission, may
from confsvc.effects import find_letter, sender_of, write_letter
from confsvc.web import keys
from confsvc.web.pages.outbox import seen
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from integrations.mail.letter import Letter
from integrations.mail.maildir import MaildirMailer
from rooms.errors import NotFound
from scheduler.outbox_queries import LETTER, OutboxRow

HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References")


@dataclass(frozen=True)
class Shown:
    """A letter taken apart. ``file``: where it lies in the mail folder, None when it is not there."""

    content: bytes
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    ics: str
    file: str | None


async def letter(request: web.Request) -> web.Response:
    """One effect; a letter with everything in it."""
    row = await seen(request)
    shown = await _shown(request, row) if row.kind == LETTER else None
    return render(
        request, "letter.html", w=Words(request[keys.LANGUAGE]), row=row, shown=shown, now=keys.now(request),
        maildir=request.app[keys.SETTINGS].maildir,
        may_act=may(keys.actor(request), Permission.OUTBOX_RETRY, row.host_unit_id),
    )  # fmt: skip


async def download_mail(request: web.Request) -> web.Response:
    """The whole message."""
    row, shown = await _letter_of(request)
    return _file(shown.content, "message/rfc822", f"letter-{row.id}.eml")


async def download_ics(request: web.Request) -> web.Response:
    """The calendar entry alone."""
    row, shown = await _letter_of(request)
    return _file(shown.ics.encode(), "text/calendar", f"invite-{row.id}.ics")


async def _letter_of(request: web.Request) -> tuple[OutboxRow, Shown]:
    row = await seen(request)
    if row.kind != LETTER:
        raise NotFound
    return row, await _shown(request, row)


def _file(content: bytes, kind: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=content, content_type=kind, headers=headers)


async def _shown(request: web.Request, row: OutboxRow) -> Shown:
    settings = request.app[keys.SETTINGS]
    try:
        edition, first_id = await request.app[keys.DATABASE].read(find_letter, row.payload)
    except LookupError:
        raise NotFound from None
    made = write_letter(edition, row.payload, sender_of(settings), first_id)
    if settings.maildir is None or row.delivery != "sent":
        return take_apart(made.content, None)
    return await asyncio.to_thread(_from_folder, MaildirMailer(settings.maildir), made)


def _from_folder(folder: MaildirMailer, made: Letter) -> Shown:
    found = folder.find(made.message_id)
    return (
        take_apart(found.read_bytes(), f"{found.parent.name}/{found.name}") if found else take_apart(made.content, None)
    )


def take_apart(content: bytes, file: str | None) -> Shown:
    """Headers and parts of a message of ours."""
    message = message_from_bytes(content)
    parts: dict[str, str] = {}
    for part in message.walk():
        if not part.is_multipart():
            parts.setdefault(part.get_content_type(), _text(part))
    return Shown(
        content=content,
        headers=tuple((name, _header(message[name])) for name in HEADERS if message[name]),
        text=parts.get("text/plain", ""),
        html=parts.get("text/html", ""),
        ics=parts.get("text/calendar", ""),
        file=file,
    )


def _header(value: str) -> str:
    """Not the modern policy's reading: it puts a space where a word of a name is folded."""
    return " ".join(str(make_header(decode_header(value))).split())


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
