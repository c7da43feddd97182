"""The mail that reminds of a conference: when, where, how to join, whom to call. An ordinary mail, no calendar part."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.i18n import text
from confsvc.sender import Sender
from confsvc.translate import join_url
from confsvc.wording import FORMS, SECRECY, when
from integrations.mail.letter import Letter, Mailbox, build_notice, message_id
from rooms.queries import list_names
from scheduler.conduct.reminders import reminder_words
from scheduler.drain import Handler
from scheduler.local_time import local_day
from scheduler.outcomes import Claimed, Later, Needless, Outcome

log = logging.getLogger(__name__)

SUBJECTS = {
    "remind_day": "Tomorrow: %(title)s", "remind_60": "In one hour: %(title)s", "remind_15": "In 15 minutes: %(title)s",
}  # fmt: skip
LATE_SUBJECT = "Soon: %(title)s"
JOINS = "The room joins by itself; nobody needs to dial. Be there a quarter of an hour before the start."
BY_HAND = "The join page, for whoever takes part without a room:"


def words_of(db: Session, claimed: Claimed) -> dict[str, Any] | None:
    """What a claimed reminder says now; None when nobody needs it."""
    if claimed.conference_id is None:
        return None
    said = reminder_words(db, claimed.conference_id, claimed.payload)
    if said is None:
        return None
    starts = datetime.fromisoformat(said["starts"])
    host = list_names(db, [said["host_unit_id"]], local_day(starts)).get(said["host_unit_id"])
    return said | {"host": host.name if host else ""}


def reminding(database: Database, sender: Sender, send: Callable[[Letter, Claimed], Awaitable[Outcome]]) -> Handler:
    """The door of the effect "reminder"; ``send`` says what came of a mail."""

    async def reminder(claimed: Claimed) -> Outcome:
        try:
            said = await database.read(words_of, claimed)
            made = write_reminder(claimed.key, said, sender) if said is not None else None
        except Exception as problem:
            log.exception("reminder %s cannot be written", claimed.key)
            return Later(error=f"{type(problem).__name__}: {problem}")
        return await send(made, claimed) if made is not None else Needless()

    return reminder


def write_reminder(key: str, said: Mapping[str, Any], sender: Sender) -> Letter:
    """The mail; the same arguments give the same bytes."""
    language, mail = str(said["language"]), str(said["mail"])
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    subject = SUBJECTS[said["what"]] if _in_time(said) else LATE_SUBJECT
    return build_notice(
        sender=sender.mail, author=Mailbox(sender.mail, sender.name), recipient=Mailbox(mail, str(said["name"])),
        subject=text(subject, language, {"title": said["title"]}),
        message_id=message_id(name, "0", 0, 0, mail, sender.domain), date=datetime.fromisoformat(str(said["at"])),
        text=reminder_text(said, language, sender.public_url, sender.operator_phone), language=language,
    )  # fmt: skip


def _in_time(said: Mapping[str, Any]) -> bool:
    """Whether it was decided when it should be, so that "in one hour" is true."""
    early = {"remind_day": 20 * 60, "remind_60": 50, "remind_15": 12}[said["what"]]
    before = datetime.fromisoformat(said["starts"]) - datetime.fromisoformat(said["at"])
    return before.total_seconds() >= early * 60


def reminder_text(said: Mapping[str, Any], language: str, public_url: str, operator_phone: str) -> str:
    """The reminder as plain text."""

    def line(label: str, value: str) -> list[str]:
        return [f"{text(label, language)}: {value}"] if value else []

    online = said["form"] != "in_person"
    contact = ", ".join(part for part in (said["contact_name"], said["contact_phone"]) if part)
    join = []
    if online and said["device"]:
        join = ["", text(JOINS, language)]
    if online:
        join += ["", text(BY_HAND, language), join_url(public_url.rstrip("/"), said["key"])]
    lines = [
        said["title"], when(said, language), "", *line("Place", said["place"]),
        *line("Form", text(FORMS[said["form"]], language)), *line("Host", said["host"]), *line("Contact", contact),
        *line("Help, from the operator", operator_phone), *join, "", text(SECRECY, language),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
