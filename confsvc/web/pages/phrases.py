"""The words of the pages for what the domain names by codes, and its times as people write them.  (pure)

Message ids are the English text; Vietnamese is in locale/vi/pages.po. Dates are dd/MM/yyyy with the weekday written
out, times 24 h, in both languages and always in the province's time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from confsvc.i18n import text
from confsvc.web.pages.answer_words import ANSWERED
from confsvc.web.pages.approval_words import ASKED, ASKED_WHY, CHAIR_LEVELS, GIVEN, LAPSES
from scheduler.local_time import LOCAL, local_day
from scheduler.work_calendar import SpecialDay

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KINDS = {
    "briefing": "Regular briefing", "working": "Working meeting (decide business)", "thematic": "Thematic meeting",
    "midterm_review": "Preliminary review", "final_review": "Final review", "deployment": "Roll-out of tasks",
    "training": "Training", "advisory": "Advisory meeting", "coordination": "Coordination meeting",
    "professional": "Professional meeting", "consultation": "Consultation on a draft",
    "emergency": "Emergency meeting", "adhoc": "Ad hoc (unscheduled)", "relay": "Relay of a central conference",
    "council_session": "Party or People's Council session", "district_hosted": "Meeting hosted by a district",
    "line_test": "Line test call",
}  # fmt: skip
FORMS = {"online": "Online meeting", "hybrid": "Hybrid meeting", "in_person": "In-person meeting"}
STANDINGS = {
    "draft": ("draft", "Draft"), "pending": ("waiting", "Waiting for approval"), "approved": ("held", "Approved"),
    "invited": ("held", "Letter issued"), "postponed": ("late", "Postponed"), "scheduled": ("held", "Scheduled"),
    "ready": ("confirmed", "Ready"), "live": ("live", "In progress"), "ended": ("done", "Ended"),
    "unconfirmed": ("waiting", "Awaiting confirmation of the result"), "held": ("done", "Held"),
    "failed_online": ("lost", "Could not be held online"), "not_held": ("cancelled", "Not held"),
    "cancelled": ("cancelled", "Cancelled"), "displaced": ("late", "Gave way, another time is held"),
}  # fmt: skip
REASONS = {
    "content": "The matter wants people in one room (mediation, paper vote, personnel)",
    "size": "More people than the sites can seat",
    "equipment": "A site has no working device",
    "line": "A site's line is down or too slow",
    "no_free_room": "No site or video room was free at that time",
    "on_site": "Inspection or practice at a place",
    "ceremony": "Signing, awards, handing over",
    "secret": "State secrets: the law keeps them off this system",
    "chair": "The chair decided so",
    "other": "Another reason",
}
OUTCOMES = {
    "held": "Held", "failed_online": "Could not be held online", "not_held": "Not held", "unknown": "Not yet known",
}  # fmt: skip
MODES = {"online": "Attended online", "in_person": "In person", "phone": "By phone", "absent": "Absent"}
EXTENTS = {"full": "Attended in full", "part": "Attended in part", "none": "Did not attend"}
EVIDENCE = {
    "auto": "Recorded automatically", "confirmed": "Confirmed by the host", "declared": "Declared by the host",
}  # fmt: skip
LINKS = {
    "online": ("confirmed", "Device online"), "late": ("late", "Device not heard lately"),
    "lost": ("lost", "Device connection lost"), "never": ("late", "Device never heard"),
    "unpaired": ("draft", "No device paired"),
}  # fmt: skip
DELIVERIES = {
    "none": ("draft", "No letter owed"), "waiting": ("waiting", "Waiting to be sent"),
    "sending": ("waiting", "Being sent"), "deferred": ("late", "Will be tried again"), "sent": ("held", "Sent"),
    "superseded": ("done", "Replaced by a newer letter"), "needless": ("done", "Not needed"),
    "expired": ("lost", "Not delivered in time"), "dead": ("lost", "Not delivered"), "bounced": ("lost", "Came back"),
}  # fmt: skip
TOLD = {
    "booked": "Has the invitation", "changed": "Has the change", "cancelled": "Knows that it is cancelled",
    "removed": "Knows not to come any more", "postponed": "Knows that it is postponed",
}  # fmt: skip
ROLES = {"chair": "Chair", "contact": "Contact of the unit", "guest": "Guest"}
ACTS = {
    "drafted": "Draft saved", "booked": "Booked", "changed": "Changed", "cancelled": "Cancelled",
    "provision": "Made ready", "open": "Opened", "end": "Ended", "record": "Recorded", "result": "Result confirmed",
    "extended": "Extended", "nobody_seen": "Nobody seen yet at some sites", "checked_in": "Said to be there",
    "given_back": "Given back, because nobody was there", "came_late": "A device that joined late has the room again",
    "came_late_taken": "A device joined late, others have the room", "logged": "Registered afterwards",
    "trouble": "Trouble", "asked": "Sent for approval", "approved": "Approved", "returned": "Returned",
    "approved_part": "Agreed to; others are still asked", "lapsed": "Fell back", "postponed": "Postponed",
    "answered": "Returned: the rooms were given to another meeting", "displaced": "Gave way to an emergency",
    "displaced_others": "Took rooms from other meetings", "sites_out": "Sites were taken out", "put_back": "Put back",
    "time_accepted": "The other time was accepted", "time_refused": "The other time was refused",
    "time_unanswered": "Postponed: nobody answered about the other time", "letter": "Letter recorded",
    "letter_purged": "File of the letter taken out", "content_purged": "Content taken out for good",
    **ANSWERED, "units_renamed": "Units named as on the day of the meeting", "letters_sent_now": "Letters sent at once",
}  # fmt: skip
FACTS = {
    "room.asked": "The video host asked whether the room may open", "room.created": "The video room opened",
    "room.destroyed": "The video room closed", "room.released": "The video host released the room",
    "room.gone": "The video room was gone", "occupant.joined": "Joined the video room",
    "occupant.left": "Left the video room", "endpoint.joined": "The device reports: joined",
    "endpoint.left": "The device reports: left", "endpoint.kicked": "The device was sent out",
    "endpoint.crash": "The device failed",
}  # fmt: skip
FIELDS = {
    "title": "Title", "kind": "Kind of meeting", "form": "Form", "starts": "Start", "ends": "End",
    "chair_name": "Chair", "note": "Note", "letter_number": "Number of the letter", "rooms": "Sites",
    "state": "State", "outcome": "Result", "ran_from": "Really began", "ran_until": "Really ended",
    "chair_for": "Deputy for", "chair_consent": "Agreed by", "verbal_order": "Ordered by word of mouth",
    "issued": "Day of the letter", "sha256": "File (SHA-256)",
    "evidence": "Evidence", "trouble": "Trouble", "host": "Host office", "units": "Units", "booked_ends": "Booked end",
}  # fmt: skip
STATES = {
    "draft": "Draft", "planned": "Scheduled", "provisioned": "Ready", "open": "In progress", "ended": "Ended",
    "recorded": "Recorded", "cancelled": "Cancelled", "pending": "Waiting for approval", "postponed": "Postponed",
}  # fmt: skip
TROUBLES = {
    "step_failed": "The system could not take the next step of this meeting; it tries again by itself.",
    "room_not_ended": "The video host did not end the video room after the meeting.",
    "place_closed": "A room, line or video host of this meeting is closed in its time: move it, or call the operator.",
    "place_short": "A line or the video host carries less than what is booked: change this, or call the operator.",
    "site_taken": "A device joined late at a site whose room is not held any more, and others have it: call that site.",
    "host_silent": "The video host does not answer.",
}  # fmt: skip
_VALUES = {"trouble": TROUBLES, "kind": KINDS, "form": FORMS, "state": STATES, "outcome": OUTCOMES,
           "evidence": EVIDENCE}  # fmt: skip


@dataclass(frozen=True)
class Phrases:
    """The words of one language, for templates."""

    language: str

    def say(self, message: str, **values: Any) -> str:
        return text(message, self.language, values or None)

    def kind(self, code: str) -> str:
        return self.say(KINDS.get(code, code))

    def form(self, code: str) -> str:
        return self.say(FORMS.get(code, code))

    def reason(self, code: str | None) -> str:
        return self.say(REASONS[code]) if code in REASONS else (code or "")

    def outcome(self, code: str) -> str:
        return self.say(OUTCOMES.get(code, code))

    def mode(self, code: str) -> str:
        return self.say(MODES.get(code, code))

    def extent(self, code: str) -> str:
        return self.say(EXTENTS.get(code, code))

    def trouble(self, code: str | None) -> str:
        return self.say(TROUBLES.get(code, code)) if code else ""

    def evidence(self, code: str | None) -> str:
        return self.say(EVIDENCE[code]) if code in EVIDENCE else ""

    def role(self, code: str) -> str:
        return self.say(ROLES.get(code, code))

    def told(self, code: str | None) -> str:
        return self.say(TOLD[code]) if code in TOLD else self.say("Has not been told anything yet")

    def act(self, code: str) -> str:
        return self.say(ACTS.get(code, code))

    def chair_level(self, code: str | None) -> str:
        return self.say(CHAIR_LEVELS[code]) if code in CHAIR_LEVELS else (code or "")

    def asked_function(self, code: str) -> str:
        return self.say(ASKED[code])

    def asked_reasons(self, codes: Iterable[str]) -> str:
        return ", ".join(self.say(ASKED_WHY[code]) for code in codes)

    def change_reason(self, act: str, reason: str) -> str:
        """Why something was done; what the clock gave as a code in words."""
        if act == "lapsed" and reason in LAPSES:
            return self.say(LAPSES[reason])
        return self.say("the host is %(unit)s", unit=reason) if act in GIVEN and reason else reason

    def fact(self, code: str) -> str:
        return self.say(FACTS.get(code, code))

    def standing(self, code: str) -> tuple[str, str]:
        """Tone and label of a badge."""
        tone, label = STANDINGS[code]
        return tone, self.say(label)

    def link(self, code: str) -> tuple[str, str]:
        """Tone and label of a badge."""
        tone, label = LINKS[code]
        return tone, self.say(label)

    def delivery(self, code: str) -> tuple[str, str]:
        """Tone and label of a badge."""
        tone, label = DELIVERIES.get(code, ("draft", code))
        return tone, self.say(label)

    def field(self, name: str) -> str:
        return self.say(FIELDS.get(name, name))

    def value(self, name: str, value: Any) -> str:
        """A value of a change row; codes in words, ISO times in local ones."""
        if value is None or value == "":
            return "–"
        if name in _VALUES:
            return self.say(_VALUES[name].get(str(value), str(value)))
        if name == "issued":
            return date.fromisoformat(str(value)).strftime("%d/%m/%Y")
        if name in ("starts", "ends", "ran_from", "ran_until", "booked_ends"):
            return self.moment(datetime.fromisoformat(str(value)))
        return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)

    def weekday(self, day: date) -> str:
        return self.say(WEEKDAYS[day.weekday()])

    def short_weekday(self, day: date) -> str:
        return self.say(SHORT_WEEKDAYS[day.weekday()])

    def special_name(self, special: SpecialDay) -> str:
        """What a holiday or a swapped day is called."""
        return special.name_en or special.name_vi if self.language == "en" else special.name_vi

    def day(self, at: datetime | date) -> str:
        """thứ Ba, 24/11/2026."""
        day = local_day(at) if isinstance(at, datetime) else at
        return f"{self.weekday(day)}, {day:%d/%m/%Y}"

    def headed(self, said: str) -> str:
        """The same at the beginning of a line."""
        return said[:1].upper() + said[1:]

    def clock(self, at: datetime) -> str:
        """08:00."""
        return at.astimezone(LOCAL).strftime("%H:%M")

    def moment(self, at: datetime) -> str:
        """08:00 24/11/2026."""
        return at.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")

    def span(self, starts: datetime, ends: datetime) -> str:
        """thứ Ba, 24/11/2026, 08:00–10:00; with the day of the end when it is another."""
        until = self.clock(ends) if local_day(starts) == local_day(ends) else self.moment(ends)
        return f"{self.day(starts)}, {self.clock(starts)}–{until}"

    def near(self, at: datetime, now: datetime) -> str:
        """08:00 when it is today, else 08:00 24/11/2026."""
        return self.clock(at) if local_day(at) == local_day(now) else self.moment(at)

    def minutes(self, seconds: int) -> str:
        return self.say("%(count)s minutes", count=seconds // 60)
