"""Every calendar that a test's mail server or mail folder received, kept to be checked once at the end of the run.

All recipients of one edition get the same entry, so each is checked once, whoever it went to.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass, field
from email import message_from_bytes

from icalendar import Calendar

from integrations.calendar.libical import check
from integrations.calendar.lint import lint

_PART = re.compile(
    rb'^Content-Type: text/calendar;(?P<params>[^\n]*(?:\r?\n[ \t][^\n]*)*)\r?\n'
    rb"(?:[A-Za-z-]+:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*)*\r?\n(?P<body>[A-Za-z0-9+/=\r\n]+?)\r?\n--",
    re.MULTILINE,
)  # fmt: skip
ANYBODY = "tests/integrations/test_smtp.py"
"""Tries the way, with one entry for whoever is there."""


@dataclass
class Kept:
    method: str
    test: str
    recipients: set[str] = field(default_factory=set)


RECEIVED: dict[bytes, Kept] = {}


def keep(content: bytes, recipients: list[str]) -> None:
    """Note the calendar of one mail, if it carries one."""
    found = _PART.search(content)
    if found is None:
        assert b"text/calendar" not in content, "a calendar part that this does not find"
        return
    ics = base64.b64decode(found["body"])
    if ics not in RECEIVED:
        method = message_from_bytes(b"Content-Type: text/calendar;" + found["params"] + b"\r\n\r\n").get_param("method")
        RECEIVED[ics] = Kept(str(method), os.environ.get("PYTEST_CURRENT_TEST", ""))
    RECEIVED[ics].recipients.update(one.lower() for one in recipients)


def complaints() -> list[str]:
    """What lint, libical (where it is) and icalendar have against what was kept, with the test that sent it."""
    found: list[str] = []
    files = list(RECEIVED)
    theirs = check(files) or [[] for _ in files]
    for (ics, kept), libical in zip(RECEIVED.items(), theirs, strict=True):
        text = ics.replace(b"\r\n ", b"").decode()
        wrong = [*lint(ics, method=kept.method), *(f"libical: {one}" for one in libical)]
        if not kept.test.startswith(ANYBODY):
            wrong += [f"{one} is not on it" for one in sorted(kept.recipients) if f"mailto:{one}" not in text]
        for event in Calendar.from_ical(ics).walk("VEVENT"):
            wrong += [f"icalendar: {name}: {error}" for name, error in event.errors]
        found += [f"{kept.test}: {one}" for one in wrong]
    return found
