"""The words of the mail to somebody who decides: how many requests wait, which, and where to answer.  (pure)

The subject names no meeting; neither part holds a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from confsvc.i18n import text
from confsvc.wording import SECRECY
from scheduler.local_time import LOCAL

ONE, SEVERAL = "A request waits for your decision", "%(count)s requests wait for your decision"
REMINDER = "Reminder: %(said)s"
OPENING = "Waiting for your decision: %(count)s, of these new since the last mail: %(new)s."
REMINDED = "Some fall back within a day if nobody decides."
LINE = "%(at)s  %(title)s (%(host)s); falls back at %(falls)s"


def waiting_subject(said: Mapping[str, Any], language: str) -> str:
    count = len(said["ids"])
    words = text(ONE, language) if count == 1 else text(SEVERAL, language, {"count": count})
    return text(REMINDER, language, {"said": words}) if said["remind"] else words


def waiting_text(said: Mapping[str, Any], language: str, url: str) -> str:
    """The mail as plain text; ``url``: the approvals inbox."""
    lines = [text(OPENING, language, {"count": len(said["ids"]), "new": said["new"]})]
    if said["remind"]:
        lines.append(text(REMINDED, language))
    lines.append("")
    lines += [
        text(LINE, language, {**item, "at": _local(item["starts"]), "falls": _local(item["falls"])})
        for item in said["items"]
    ]
    if (more := len(said["ids"]) - len(said["items"])) > 0:
        lines.append(text("and %(count)s more", language, {"count": more}))
    return "\n".join([*lines, "", text("Answer here:", language), url, "", text(SECRECY, language)]) + "\n"


def _local(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")
