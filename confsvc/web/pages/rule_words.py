"""The words of the house's rules: what each is about, its value, and a sentence that says what it means.  (pure)"""

from __future__ import annotations

from datetime import date

from confsvc.web.error_words import number
from confsvc.web.pages.words import Words
from scheduler.rule_whats import COUNTS, What
from scheduler.rulebook import RuleRow

GROUPS = {
    "notice": "Notice and hours", "length": "Length", "quota": "How much an office may book", "approval": "Approval",
    "form": "Form", "measure": "What counts for the share", "order": "Order and devices",
    "reminders": "Reminders",
}  # fmt: skip
NAMES = {
    "notice_days": "Notice", "notice_refuses": "When the notice is too short", "waiver_by": "Who may waive the notice",
    "lead_minutes": "Shortest time before the start", "hours_refuse": "Outside office hours",
    "urgent": "Urgent kind", "longest_working_days": "Longest, in working days",
    "longest_hours": "Longest, in hours", "quota_count_week": "Meetings a week",
    "quota_count_month": "Meetings a month", "quota_hours_week": "Hours a week", "quota_hours_month": "Hours a month",
    "approval_by": "Who approves", "pending_holds": "A request that waits",
    "operator_above": "The operator approves above", "self_approval": "One's own request",
    "letter_by_days": "Number of the letter at the latest", "default_form": "Form by default",
    "counts": "Counts for the share", "endpoint_lead": "Devices join before the start",
    "no_show_warns": "Nobody seen at a site: warning", "no_show_frees": "Nobody seen at a site: given back",
    "rank": "Rank",
    "rank_chairman": "Rank under the Chairman", "rank_leader": "Rank under a leader of the province",
    "rank_committee": "Rank of the committee's meetings",
    "emergency_by": "Who may take rooms from others",
    "remind_day": "Reminder the day before", "remind_60": "Reminder 60 minutes before",
    "remind_15": "Reminder 15 minutes before", "remind_15_phone": "Also by telephone 15 minutes before",
}  # fmt: skip
MEASURES = {
    "working_days": "%(n)s working days", "minutes": "%(n)s minutes", "hours": "%(n)s hours",
    "conferences": "%(n)s meetings", "sites": "%(n)s sites", "": "%(n)s",
}  # fmt: skip
SENT = {"yes": "is sent", "no": "is not sent"}
VALUES: dict[str, dict[str, str]] = {
    "notice_refuses": {"yes": "is refused", "no": "a reason is asked for"},
    "hours_refuse": {"yes": "is refused", "no": "is pointed out"},
    "urgent": {"yes": "yes: free of notice, office hours and quotas", "no": "no"},
    "pending_holds": {"yes": "holds the room", "no": "does not hold the room"},
    "self_approval": {"yes": "may be approved by whoever holds the function", "no": "is approved by somebody else"},
    "approval_by": {"none": "nobody", "own_head": "the head of the host office", "hall": "whoever keeps the hall"},
    "default_form": {
        "online": "Online meeting", "hybrid": "Hybrid meeting", "in_person": "In-person meeting",
        "ask": "the booker chooses",
    },
    "counts": {
        COUNTS: "counts", "relay": "no: relay of a central conference",
        "council_session": "no: Party or council session", "district_hosted": "no: hosted by a district",
        "line_test": "no: line test", "reception": "no: citizens' reception",
        "inspection": "no: inspection on the spot",
        "decided": "no: decided so, see the reason",
    },
    "emergency_by": {
        "nobody": "nobody", "booker": "whoever books", "approver": "whoever approves", "operator": "the operator",
    },
    **dict.fromkeys(("remind_day", "remind_60", "remind_15", "remind_15_phone"), SENT),
    "waiver_by": {
        "booker": "whoever books, with a reason", "approver": "whoever approves", "operator": "the operator",
    },
}  # fmt: skip
SENTENCES = {
    "notice_days": "A meeting is booked with at least %(value)s between.",
    "notice_refuses": "A booking at too short notice: %(value)s.",
    "waiver_by": "Too short notice may be waived by: %(value)s.",
    "lead_minutes": "A meeting begins at least %(value)s after it is booked.",
    "hours_refuse": "A booking outside office hours %(value)s.",
    "urgent": "Urgent: %(value)s.",
    "longest_working_days": "A sitting lasts at most: %(value)s; half a day is one session of office hours.",
    "longest_hours": "A sitting lasts at most: %(value)s.",
    "quota_count_week": "The office books a week at most: %(value)s.",
    "quota_count_month": "The office books a month at most: %(value)s.",
    "quota_hours_week": "The office books a week at most: %(value)s.",
    "quota_hours_month": "The office books a month at most: %(value)s.",
    "approval_by": "A booking is approved by: %(value)s.",
    "pending_holds": "A request that waits for approval %(value)s.",
    "operator_above": "The operator is asked, too, for online meetings of more than: %(value)s.",
    "self_approval": "One's own request %(value)s.",
    "letter_by_days": "Without the number of the letter the rooms fall free before the meeting: %(value)s.",
    "default_form": "The booking form proposes: %(value)s.",
    "counts": "For the share of meetings held online: %(value)s.",
    "endpoint_lead": "The devices in the rooms join %(value)s before the start.",
    "no_show_warns": "The host is warned of sites where nobody was seen %(value)s after the start.",
    "no_show_frees": "A site where nobody was seen is given back %(value)s after the start, never without a warning.",
    "rank": "Where two want one room, the higher rank goes first: %(value)s.",
    "rank_chairman": "When the Chairman of the province's people's committee chairs, the rank is at least: %(value)s.",
    "rank_leader": "When a leader of the province chairs, the rank is at least: %(value)s.",
    "rank_committee": "When the people's committee of the province hosts, the rank is at least: %(value)s.",
    "emergency_by": "Rooms of meetings of lower rank may be taken by: %(value)s.",
    "remind_day": "The mail to the sites' contacts and the chair 24 hours before the start %(value)s.",
    "remind_60": "The mail to the sites' contacts and the chair 60 minutes before the start %(value)s.",
    "remind_15": "The mail to the sites' contacts and the chair 15 minutes before the start %(value)s.",
    "remind_15_phone": "A short message with the last reminder, where the house has such a way, %(value)s.",
}  # fmt: skip
NO_LIMIT = "no limit"


def value_text(what: What, text: str, words: Words) -> str:
    """The value of a row as people read it."""
    value = what.parse(text)
    if value is None:
        return words(NO_LIMIT)
    if what.form in ("number", "decimal") and isinstance(value, int | float):
        if what.measure == "working_days" and value == 0.5:
            return words("half a working day")
        return words(MEASURES[what.measure], n=number(value, words.language))
    chosen = value if isinstance(value, tuple) else (what.text(value),)
    return ", ".join(words(VALUES[what.name][code]) for code in chosen)


def place_text(kind: str | None, unit: str, what: What, words: Words) -> str:
    """For whom a row holds: kinds and offices, as far as the thing can depend on them. ``unit`` "": all offices."""
    parts = []
    if what.of_unit:
        parts.append(words("%(unit)s and the offices below it", unit=unit) if unit else words("all offices"))
    if what.of_kind != "no":
        parts.append(words.kind(kind) if kind else words("all kinds of meetings"))
    return ", ".join(parts)


def dates_text(row: RuleRow, words: Words) -> str:
    return span_text(row.valid_from, row.valid_to, words)


def span_text(since: date, until: date | None, words: Words) -> str:
    if until is None:
        return words("from %(day)s until further notice", day=words.date(since))
    return words("from %(first)s to %(last)s", first=words.date(since), last=words.date(until))


def sentence(what: What, row: RuleRow, unit: str, words: Words) -> str:
    """What a row means, in one sentence: when, for whom, what."""
    said = words(SENTENCES[what.name], value=value_text(what, row.value, words))
    place = place_text(row.kind, unit, what, words)
    return f"{words.headed(dates_text(row, words))}, {place}: {said}"


def measure_hint(what: What, words: Words) -> str:
    """What a number counts and its bounds."""
    if what.form not in ("number", "decimal"):
        return ""
    unit = words(
        {
            "working_days": "working days",
            "minutes": "minutes",
            "hours": "hours",
            "conferences": "meetings",
            "sites": "sites",
        }.get(what.measure, "a whole number")
    )
    low, high = number(what.low, words.language), number(what.high, words.language)
    said = words("In %(measure)s, from %(low)s to %(high)s.", measure=unit, low=low, high=high)
    return f"{said} {words('Left empty: no limit.')}" if what.no_limit else said
