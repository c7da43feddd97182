"""The door out: what each kind of effect does to the world.

An effect kind is one function here and one entry in `handlers`. The function prepares everything first; whatever
fails then was surely not done. Of the act itself, Unavailable means later and Refused means never.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from confsvc.asking import owe_mails, settle_words
from confsvc.asking_words import waiting_subject, waiting_text
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.declining import declining
from confsvc.forwarding import forwarding
from confsvc.own_links import recipient_token, return_path
from confsvc.reminders import reminding
from confsvc.sender import Sender
from confsvc.sender import sender_of as sender_of
from confsvc.stopped import unless_stopped
from confsvc.translate import EditionRow, invitations, join_url, letter_subject
from confsvc.wording import html, notice_subject, notice_text, plain
from integrations.calendar.ics import render
from integrations.errors import Refused, Unavailable
from integrations.jitsi.client import JitsiClient
from integrations.mail.letter import Letter, Mailbox, build_letter, build_notice, message_id
from integrations.mail.maildir import MaildirMailer
from integrations.mail.mailer import Mailer
from integrations.mail.smtp import SmtpMailer
from scheduler.drain import Handler
from scheduler.models import Edition
from scheduler.outcomes import Claimed, Dead, Done, Later, Needless, Outcome, patience
from scheduler.queries import find_calendar_item, find_edition, find_first_message_id

log = logging.getLogger(__name__)


def open_mailer(settings: Settings) -> Mailer:
    """The mail server of the configuration, or the folder that stands in for it."""
    smtp = settings.mail.smtp
    if smtp is None:
        return MaildirMailer(settings.var / "mail")
    # The mailer's own deadline comes first: it knows whether the letter may have been taken.
    deadline = patience("letter").deadline - 5
    return SmtpMailer(
        smtp.host, smtp.port, tls=smtp.tls, username=smtp.user, password=smtp.password,
        timeout=min(smtp.timeout, deadline), deadline=deadline,
    )  # fmt: skip


def handlers(
    database: Database, mailer: Mailer, sender: Sender, bridges: Mapping[str, JitsiClient], *,
    now: Callable[[], datetime],
) -> dict[str, Handler]:  # fmt: skip
    """Effect kind to function, for ``scheduler.drain``. ``bridges`` by name; ``now``: whoever is told of what waits is
    found when it is told."""

    async def letter(claimed: Claimed) -> Outcome:
        if str(claimed.payload["mail"]).lower() == sender.mail.lower():
            return Needless()  # calendars answer their own organizer with nonsense, and our inbox would read it
        try:
            edition, first = await database.read(find_letter, claimed.payload)
            made = write_letter(edition, claimed.payload, sender, first)
        except Exception as problem:
            log.exception("letter %s cannot be written", claimed.key)
            return Later(error=f"{type(problem).__name__}: {problem}")
        return await _sent(mailer, made, claimed, sender)

    async def notice(claimed: Claimed) -> Outcome:
        try:
            made = write_notice(claimed.key, claimed.payload, sender)
        except Exception as problem:
            log.exception("notice %s cannot be written", claimed.key)
            return Later(error=f"{type(problem).__name__}: {problem}")
        return await _sent(mailer, made, claimed, sender)

    told = _asking(database, mailer, sender, now)
    mails = {"letter": letter, "notice": notice, **_mails_of_others(database, mailer, sender)}
    return {**unless_stopped(database, mails), "end_meeting": _ending(bridges), **told}


def _ending(bridges: Mapping[str, JitsiClient]) -> Handler:
    async def end_meeting(claimed: Claimed) -> Outcome:
        client = bridges.get(str(claimed.payload["bridge"]))
        if client is None:
            return Dead("this video host is no longer configured")
        try:
            there = await client.end_meeting(str(claimed.payload["jitsi_name"]))
        except Unavailable as problem:
            return Later(problem.after, problem.maybe, problem.reason)
        except Refused as problem:
            return Dead(problem.reason)
        return Done({"there": there})

    return end_meeting


def _mails_of_others(database: Database, mailer: Mailer, sender: Sender) -> dict[str, Handler]:
    """Mails whose words stand in files of their own."""

    async def send(made: Letter, claimed: Claimed) -> Outcome:
        return await _sent(mailer, made, claimed, sender)

    return {
        "reminder": reminding(database, sender, send), "forwarded": forwarding(sender, send),
        "counter_declined": declining(sender, send),
    }  # fmt: skip


def _asking(database: Database, mailer: Mailer, sender: Sender, now: Callable[[], datetime]) -> dict[str, Handler]:
    """What waits for a decision: who is written to, and the mail."""

    async def asked(claimed: Claimed) -> Outcome:
        waits = await database.write(owe_mails, claimed, now=now())
        return Done() if waits else Needless()

    async def waiting(claimed: Claimed) -> Outcome:
        said = await database.write(settle_words, claimed, now=now())
        if said is None:
            return Needless()
        try:
            made = write_waiting(claimed.key, said, sender)
        except Exception as problem:
            log.exception("mail %s cannot be written", claimed.key)
            return Later(error=f"{type(problem).__name__}: {problem}")
        return await _sent(mailer, made, claimed, sender)

    return {"asked": asked, "waiting": waiting}


def write_letter(edition: EditionRow, payload: Mapping[str, Any], sender: Sender, first_id: str | None) -> Letter:
    """The mail of one letter; the same arguments give the same bytes.

    ``first_id``: Message-ID of the first letter of this entry to this address, which later ones refer to.
    """
    language = str(payload["language"])
    entry, *dates = invitations(edition, payload, organizer_mail=sender.mail, public_url=sender.public_url)
    own_id = message_id(edition.uid, "0", edition.sequence, _revision(payload), str(payload["mail"]), sender.domain)
    url = join_url(sender.public_url, edition.content["key"]) if entry.url else None
    page = recipient_url(edition, str(payload["mail"]), sender)
    return build_letter(
        sender=sender.mail,
        author=Mailbox(sender.mail, sender.name),
        recipient=Mailbox(str(payload["mail"]), str(payload["name"])),
        subject=letter_subject(edition, language),
        message_id=own_id,
        date=edition.dtstamp,
        text=plain(edition.content, language, url, page),
        html=html(edition.content, language, url, page),
        ics=render(entry, *dates),
        method=edition.method,
        references=(first_id,) if first_id and first_id != own_id else (),
        language=language,
    )


def recipient_url(edition: EditionRow, mail: str, sender: Sender) -> str | None:
    """The recipient's own page, which stands in the text only: never in the calendar entry, whose copies travel."""
    if not sender.key or not edition.item_id:
        return None
    return f"{sender.public_url.rstrip('/')}/r/{recipient_token(edition.item_id, edition.uid, mail, sender.key)}"


def write_notice(key: str, payload: Mapping[str, Any], sender: Sender) -> Letter:
    """The mail of one notice to a host; the same arguments give the same bytes."""
    language, mail = str(payload["language"]), str(payload["mail"])
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return build_notice(
        sender=sender.mail, author=Mailbox(sender.mail, sender.name), recipient=Mailbox(mail, str(payload["name"])),
        subject=notice_subject(payload, language), message_id=message_id(name, "0", 0, 0, mail, sender.domain),
        date=datetime.fromisoformat(str(payload["at"])),
        text=notice_text(payload, language, f"{sender.public_url.rstrip('/')}/conferences/{payload['key']}"),
        language=language,
    )  # fmt: skip


def write_waiting(key: str, said: Mapping[str, Any], sender: Sender) -> Letter:
    """The mail to somebody who decides; the same arguments give the same bytes."""
    language, mail = str(said["language"]), str(said["mail"])
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return build_notice(
        sender=sender.mail, author=Mailbox(sender.mail, sender.name), recipient=Mailbox(mail, str(said["name"])),
        subject=waiting_subject(said, language), message_id=message_id(name, "0", 0, 0, mail, sender.domain),
        date=datetime.fromisoformat(str(said["at"])),
        text=waiting_text(said, language, f"{sender.public_url.rstrip('/')}/approvals"), language=language,
    )  # fmt: skip


def _revision(payload: Mapping[str, Any]) -> int:
    """Tells apart letters of one SEQUENCE to one address: another edition (added again) or a resend."""
    return int(payload["number"]) * 1000 + int(payload["n"])


def find_letter(db: Session, payload: Mapping[str, Any]) -> tuple[EditionRow, str | None]:
    """What a letter says, and the Message-ID of the first one of this entry to this address. Raises LookupError."""
    row: Edition | None = find_edition(db, int(payload["edition"]))
    item = find_calendar_item(db, row.uid) if row is not None else None
    if row is None or item is None:
        raise LookupError(f"there is no edition {payload['edition']}")
    first = find_first_message_id(db, row.uid, str(payload["mail"]))
    return EditionRow(row.id, row.uid, row.method, row.sequence, row.dtstamp, row.content, item.id), first


async def _sent(mailer: Mailer, letter: Letter, claimed: Claimed, sender: Sender) -> Outcome:
    """What came of it. What cannot be delivered later comes back to an address that names the effect."""
    try:
        if sender.key:
            letter = replace(letter, sender=return_path(claimed.id, sender.bounce_domain, sender.key))
        await mailer.send(letter)
    except Unavailable as problem:
        return Later(problem.after, problem.maybe, problem.reason)
    except Refused as problem:
        return Dead(problem.reason)
    return Done({"message_id": letter.message_id})
