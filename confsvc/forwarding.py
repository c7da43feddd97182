"""The mail that passes a person's reply on to whoever looks after the meeting. No calendar part."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from confsvc.i18n import text
from confsvc.sender import Sender
from confsvc.wording import SECRECY
from integrations.mail.letter import Letter, Mailbox, build_notice, message_id
from scheduler.drain import Handler
from scheduler.outcomes import Claimed, Later, Outcome

log = logging.getLogger(__name__)


def forwarding(sender: Sender, send: Callable[[Letter, Claimed], Awaitable[Outcome]]) -> Handler:
    """The door of the effect "forwarded"; ``send`` says what came of a mail."""

    async def forwarded(claimed: Claimed) -> Outcome:
        try:
            made = write_forwarded(claimed.key, claimed.payload, sender)
        except Exception as problem:
            log.exception("mail %s cannot be written", claimed.key)
            return Later(error=f"{type(problem).__name__}: {problem}")
        return await send(made, claimed)

    return forwarded


def write_forwarded(key: str, said: Mapping[str, Any], sender: Sender) -> Letter:
    """The mail; the same arguments give the same bytes."""
    language, mail = str(said["language"]), str(said["mail"])
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    subject = text("Reply to a letter: %(title)s", language, {"title": said["title"] or said["from"]})
    return build_notice(
        sender=sender.mail, author=Mailbox(sender.mail, sender.name), recipient=Mailbox(mail, str(said["name"])),
        subject=subject, message_id=message_id(name, "0", 0, 0, mail, sender.domain),
        date=datetime.fromisoformat(str(said["at"])), text=_words(said, language, sender.public_url.rstrip("/")),
        language=language,
    )  # fmt: skip


def _words(said: Mapping[str, Any], language: str, url: str) -> str:
    opening = "%(from)s replied by mail to a letter about this meeting."
    if not said["key"]:
        opening = "%(from)s wrote to the mailbox of the conference service without naming a meeting."
    quoted = [f"> {line}" for line in str(said["text"]).splitlines()[:500]]
    lines = [
        text(opening, language, {"from": said["from"]}),
        text(
            "Please answer this person directly; a reply to this mail reaches nobody. Attachments are not passed on.",
            language,
        ),
        "",
        *quoted,
        "",
        f"{url}/conferences/{said['key']}" if said["key"] else url,
        "",
        text(SECRECY, language),
    ]
    return "\n".join(lines) + "\n"
