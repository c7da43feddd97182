"""The words of figures and administration, on top of ``phrases``: levels, functions, shares, days.  (pure)

Templates get a ``Words`` as ``w``. Codes without words come back as they are, so that a new code is seen, not lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from babel.dates import get_month_names

from confsvc.web.names import FUNCTIONS
from confsvc.web.pages.phrases import Phrases
from scheduler.local_time import LOCAL
from scheduler.record.indicator import Share

NO_BREAK = "\u00a0"
KIND_CLASSES = {"meeting": "Meetings", "training": "Trainings", "other": "Not counted"}
LEVELS = {
    "province": "Province", "province_body": "Provincial People's Committee",
    "province_agency": "Departments and sectors", "district": "Districts and the city", "commune": "Communes",
}  # fmt: skip
GROUPS = {"ubnd": "Provincial People's Committee and its office", "agency": "Departments and sectors"}
CONFIDENCE = {"high": "certain", "medium": "likely", "low": "to be checked"}
ADMIN_ACTS = {
    "added": "Added", "renamed": "Renamed", "retired": "Retired", "split": "Split", "equipped": "Equipped",
    "confirmed": "Address confirmed", "moved": "Given to another office", "paired": "Paired", "denied": "Refused",
    "revoked": "Put out of service", "replaced": "Replaced by another device",
    "quarantined": "Put out of service: two devices held its key", "removed": "Removed",
    "loaded": "Loaded from the program", "account.added": "Account added",
    "account.password_set": "Password set", "account.disabled": "Account disabled", "account.enabled": "Let in again",
    "grant.added": "Function given", "grant.ended": "Function taken away", "session.started": "Began a session",
    "session.ended": "Signed out", "token.added": "Key of a program made", "token.revoked": "Key of a program revoked",
    "password.link": "Link for the password made", "retried": "Tried again", "given_up": "Given up",
    "feed.added": "Calendar address made", "feed.revoked": "Calendar address put out of use",
    "secret_renewed": "New secret made", "switched_off": "Switched off", "switched_on": "Switched on",
    "timetable.opened": "Timetable made public", "timetable.closed": "Timetable closed",
    "ended": "Ended", "withdrawn": "Withdrawn", "lifted": "Lifted", "saved": "Saved", "deleted": "Deleted",
}  # fmt: skip
ADMIN_FIELDS = {
    "name": "Name", "short": "Short name", "name_en": "Name in English", "mail": "Mail address",
    "phone": "Telephone", "unit": "Office", "unit_id": "Office", "level": "Level", "parent": "Superior office",
    "code": "Code", "valid_from": "In force from", "valid_to": "Last day", "on": "From", "function": "Function",
    "substitute_for": "As a substitute for", "login": "Login", "address": "Address", "model": "Model", "room": "Room",
    "kbps_up": "Up, kbit/s", "kbps_down": "Down, kbit/s", "share": "Share for meetings, per cent",
    "line_id": "Line", "backup_line_id": "Backup line",
    "numerator": "Numerator", "denominator": "Denominator", "basis": "Basis", "year": "Year", "to": "Recipient",
    "days": "Days", "working": "Worked", "name_vi": "Name in Vietnamese", "source": "Source",
    "morning_opens": "Morning from", "morning_closes": "Morning until", "afternoon_opens": "Afternoon from",
    "afternoon_closes": "Afternoon until",
    "confirmed": "Address confirmed", "is_contact": "Gets the invitations of the office", "language": "Language",
    "letter_symbol": "Symbol of letters", "seat": "Seat", "kpi_host": "Host that counts for the share",
    "road_km": "Road, km", "drive_min": "Driving time, minutes", "successor": "Successor", "scopes": "May do",
    "due": "Due", "key": "Key of the meeting", "hall": "Room", "revoked_at": "Out of service since", "at": "At",
    "what": "Rule", "value": "Value", "reason": "Basis or reason", "closes": "Closes",
    "url": "Address", "events": "Told of", "units": "Offices", "by": "By",
}  # fmt: skip
SUBJECTS = {
    "rule": "Rule", "closure": "Closure", "profile": "Picture", "template": "Template",
    "calendar_day": "Day of the calendar", "office_hours": "Office hours", "calendar": "Working calendar",
    "account": "Account", "conference": "Meeting", "endpoint": "Endpoint device", "goal": "Goal", "line": "Line",
    "pairing": "Pairing", "person": "Person", "room": "Room", "unit": "Unit", "kpi_scope": "Scope", "effect": "Letter",
    "webhook": "Other system",
}  # fmt: skip


@dataclass(frozen=True)
class Words(Phrases):
    """The words of one language; called with a message it says it."""

    def __call__(self, message: str, **values: Any) -> str:
        return self.say(message, **values)

    def _of(self, table: dict[str, str], code: str | None) -> str:
        return self.say(table[code]) if code in table else str(code or "")

    def date(self, at: date | datetime) -> str:
        """05/03/2012, the province's day of an instant."""
        return (at.astimezone(LOCAL) if isinstance(at, datetime) else at).strftime("%d/%m/%Y")

    def iso(self, at: datetime) -> str:
        """For the ``datetime`` of a time element."""
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def month(self, number: int) -> str:
        """January, tháng 1; ``number`` from 1."""
        return str(get_month_names("wide", "stand-alone", self.language)[number])

    def short_month(self, number: int) -> str:
        """Jan, T1: under a column."""
        if self.language == "vi":
            return self.say("M%(n)s", n=number)
        return str(get_month_names("abbreviated", "stand-alone", self.language)[number])

    def seconds(self, at: datetime) -> str:
        """08:00:05 05/03/2012, where the order of things matters."""
        return at.astimezone(LOCAL).strftime("%H:%M:%S %d/%m/%Y")

    def why(self, code: str | None) -> str:
        """A reason for meeting in person; that nobody gave one is said, too."""
        return self.reason(code) if code else self.say("No reason given")

    def kind_class(self, code: str | None) -> str:
        return self._of(KIND_CLASSES, code)

    def act(self, code: str) -> str:
        return self.say(ADMIN_ACTS[code]) if code in ADMIN_ACTS else super().act(code)

    def field(self, name: str) -> str:
        return self.say(ADMIN_FIELDS[name]) if name in ADMIN_FIELDS else super().field(name)

    def level(self, code: str | None) -> str:
        return self._of(LEVELS, code)

    def group(self, code: str | None) -> str:
        return self._of(GROUPS, code)

    def function(self, code: str | None) -> str:
        return self._of(FUNCTIONS, code)

    def confidence(self, code: str | None) -> str:
        return self._of(CONFIDENCE, code)

    def subject(self, code: str | None) -> str:
        return self._of(SUBJECTS, code)

    def share(self, share: Share) -> str:
        """55,5 %, rounded down; or that nothing occurred."""
        shown = share.shown("," if self.language == "vi" else ".")
        if shown is None:
            return self.say("No occurrence")
        return f"{shown}{NO_BREAK}%" if self.language == "vi" else f"{shown}%"
