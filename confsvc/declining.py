"""The mail that tells somebody that the time he proposed is not taken; it goes to him alone, behind every letter that
he was owed before."""

from __future__ import annotations

import html as markup
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from confsvc.i18n import text
from confsvc.sender import Sender
from confsvc.wording import when
from integrations.calendar.declined import Declined, render_declined
from integrations.mail.letter import Letter, Mailbox, build_letter, message_id
from scheduler.drain import Handler
from scheduler.outcomes import Claimed, Later, Outcome

log = logging.getLogger(__name__)
SUBJECT = "The time stays: %(title)s"
OPENING = "The time that you proposed (%(proposed)s) cannot be taken. The meeting stays as it is:"


def declining(sender: Sender, send: Callable[[Letter, Claimed], Awaitable[Outcome]]) -> Handler:
    """The door of the effect "counter_declined"; ``send`` says what came of a mail."""

    async def counter_declined(claimed: Claimed) -> Outcome:
        try:
            made = write_declined(claimed.payload, sender)
        except Exception as problem:
            log.exception("mail %s cannot be written", claimed.key)
            return Later(error=f"{type(problem).__name__}: {problem}")
        return await send(made, claimed)

    return counter_declined


def write_declined(said: Mapping[str, Any], sender: Sender) -> Letter:
    """The mail; the same arguments give the same bytes."""
    language, mail, at = str(said["language"]), str(said["mail"]), datetime.fromisoformat(str(said["dtstamp"]))
    part = datetime.fromisoformat(str(said["part"])) if said.get("part") else None
    words = _words(said, language)
    ics = render_declined(
        Declined(str(said["uid"]), int(said["sequence"]), at, sender.mail, part, str(said.get("reason") or ""))
    )
    return build_letter(
        sender=sender.mail, author=Mailbox(sender.mail, sender.name), recipient=Mailbox(mail, str(said["name"])),
        subject=text(SUBJECT, language, {"title": said["title"]}),
        message_id=message_id(str(said["uid"]), f"d{said['proposal']}", int(said["sequence"]), 0, mail, sender.domain),
        date=at, text=words, html="<p>" + markup.escape(words).replace("\n", "<br>\n") + "</p>", ics=ics,
        method="DECLINECOUNTER", language=language,
    )  # fmt: skip


def _words(said: Mapping[str, Any], language: str) -> str:
    proposed = when({"starts": said["proposed_starts"], "ends": said["proposed_ends"]}, language)
    lines = [text(OPENING, language, {"proposed": proposed}), "", str(said["title"]), when(said, language)]
    if said.get("reason"):
        lines += ["", f"{text('Reason', language)}: {said['reason']}"]
    return "\n".join(lines)
