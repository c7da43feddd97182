"""The words of a short message: what happened, when, which meeting; the title last, for it may be cut.  (pure)"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from confsvc.i18n import text
from scheduler.local_time import LOCAL

WHATS = {
    "emergency": "URGENT MEETING %(when)s.",
    "displaced": "MEETING %(when)s GIVES WAY to an emergency. Wait for the new time.",
    "cancelled": "CANCELLED: meeting %(when)s.",
    "moved": "NEW TIME: meeting is now %(when)s.",
    "soon": "Reminder: meeting %(when)s.",
}
CALL = "Call %(phone)s."


def short_text(said: Mapping[str, Any], language: str, phone: str) -> str:
    """One message; ``phone``: whom to call, the meeting's contact before the operator."""
    starts = datetime.fromisoformat(said["starts"]).astimezone(LOCAL)
    parts = [text(WHATS[said["what"]], language, {"when": starts.strftime("%H:%M %d/%m")})]
    call = said["contact_phone"] or phone
    if call:
        parts.append(text(CALL, language, {"phone": call}))
    return " ".join([*parts, str(said["title"])])
