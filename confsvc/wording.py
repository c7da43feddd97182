"""The words of a letter in the recipient's language: subject, plain text and HTML, all from one list of lines.

(pure) No token and no address of the video host ever stands in a letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from typing import Any

from babel.dates import format_date

from confsvc.i18n import text
from confsvc.series_words import series_lines
from scheduler.local_time import LOCAL

SUBJECTS = {
    "booked": "Invitation: %(title)s",
    "changed": "Update: %(title)s",
    "cancelled": "Cancelled: %(title)s",
    "removed": "Cancelled: %(title)s",
    "postponed": "Postponed: %(title)s",
}
OPENINGS = {
    "booked": "%(host)s invites you to a meeting.",
    "changed": "%(host)s has changed a meeting you are invited to.",
    "cancelled": "%(host)s has cancelled this meeting.",
    "postponed": "%(host)s has postponed this meeting. The new time will be announced.",
    "removed": "You no longer need to attend this meeting of %(host)s.",
}
NOTICE_SUBJECTS = {
    "approved": "Approved: %(title)s", "returned": "Returned: %(title)s", "answered": "Returned: %(title)s",
    "letter_wanted": "The letter's number is missing: %(title)s", "lapsed": "The rooms fell free: %(title)s",
    "displaced": "Gave way to an emergency: %(title)s", "unanswered": "Postponed: %(title)s",
}  # fmt: skip
NOTICES = {
    "approved": "The request was approved. The invitations are on their way.",
    "returned": "The request was returned and is a draft again. Reason: %(reason)s",
    "answered": "The rooms were given to another meeting (%(holder)s). The request is a draft again; choose another "
    "time or other rooms.",
    "letter_wanted": "Without the number of its letter the rooms fall free at %(until)s. Record the number before.",
    "displaced:asked": "Its rooms were needed for an emergency (%(holder)s). Another time is held for it: %(other)s. "
    "Accept or refuse it by %(until)s; without an answer it is postponed. The other participants are told after that.",
    "displaced:no_alternative": "Its rooms were needed for an emergency (%(holder)s) and no other time fits. It is "
    "postponed and everybody invited is told.",
    "displaced:ended": "Its rooms were needed for an emergency (%(holder)s), so it was ended.",
    "displaced:sites_out": "Some of its rooms were needed for an emergency (%(holder)s). It goes on without them.",
    "unanswered": "Nobody answered about the other time, so it is postponed and everybody invited is told.",
    "lapsed:no_letter": "The number of its letter did not come in time, so the rooms are free for others. The meeting "
    "can be put back at the same or another time.",
    "lapsed:not_decided": "Nobody decided on the request before the meeting was to begin. It is a draft again.",
}  # fmt: skip
FORMS = {"online": "online", "in_person": "in person", "hybrid": "in person and online"}
RECEIVED = "Please confirm here that you have received this (for you only, do not pass it on)"
SECRECY = "This system must not be used for state secrets."

Line = tuple[str, str]
"""A label ("" for a sentence) and what it says."""


def subject(content: Mapping[str, Any], language: str) -> str:
    """What it is, its title and when."""
    head = text(SUBJECTS[content["what"]], language, {"title": content["title"]})
    return f"{head} - {_local(content['starts']).strftime('%H:%M %d/%m/%Y')}"


def description(content: Mapping[str, Any], language: str, url: str | None) -> str:
    """The calendar entry's text; the join link is its first line."""
    lines = [f"{text('Join', language)}: {url}"] if url else []
    return "\n".join(lines + [_plain(line) for line in _lines(content, language)])


def plain(content: Mapping[str, Any], language: str, url: str | None, page: str | None = None) -> str:
    """The letter as plain text. ``page``: where this recipient says that it has come."""
    opening = text(OPENINGS[content["what"]], language, {"host": content["host"]})
    lines = [opening, "", content["title"], *(_plain(line) for line in _lines(content, language))]
    if url:
        lines += ["", f"{text('Join', language)}: {url}"]
    if page:
        lines += ["", f"{text(RECEIVED, language)}: {page}"]
    return "\n".join([*lines, "", text(SECRECY, language)]) + "\n"


def html(content: Mapping[str, Any], language: str, url: str | None, page: str | None = None) -> str:
    """The same as HTML that loads nothing from anywhere."""
    opening = text(OPENINGS[content["what"]], language, {"host": content["host"]})
    rows = "".join(
        f'<tr><th align="left" valign="top">{escape(label)}</th><td>{escape(said).replace(chr(10), "<br>")}</td></tr>'
        for label, said in _lines(content, language)
    )
    link = f'<p><a href="{escape(url)}">{escape(text("Join", language))}</a><br>{escape(url)}</p>' if url else ""
    link += f'<p><a href="{escape(page)}">{escape(text(RECEIVED, language))}</a></p>' if page else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head><body><p>{escape(opening)}</p>'
        f"<h1>{escape(content['title'])}</h1><table>{rows}</table>{link}<p>{escape(text(SECRECY, language))}</p></body>"
        "</html>"
    )


def notice_subject(notice: Mapping[str, Any], language: str) -> str:
    """What a notice to the host is about."""
    return text(NOTICE_SUBJECTS[notice["what"]], language, {"title": notice["title"]})


def notice_text(notice: Mapping[str, Any], language: str, url: str) -> str:
    """A notice to the host as plain text; ``url``: the meeting's page, for those who look after it."""
    part = {"lapsed": "reason", "displaced": "outcome"}.get(notice["what"])
    what = f"{notice['what']}:{notice[part]}" if part else notice["what"]
    other = _local(notice["other"]).strftime("%H:%M %d/%m/%Y") if notice.get("other") else ""
    until = _local(notice["until"]).strftime("%H:%M %d/%m/%Y") if notice.get("until") else ""
    values = {"reason": notice.get("reason", ""), "holder": notice.get("holder", ""), "until": until, "other": other}
    lines = [notice["title"], when(notice, language), "", text(NOTICES[what], language, values), "", url]
    return "\n".join([*lines, "", text(SECRECY, language)]) + "\n"


def _lines(content: Mapping[str, Any], language: str) -> Iterator[Line]:
    def label(message: str) -> str:
        return text(message, language)

    yield from series_lines(content, language) if content.get("rule") else [(label("Time"), when(content, language))]
    yield label("Form"), text(FORMS[content["form"]], language)
    if content.get("reason"):
        yield label("Reason"), content["reason"]
    if content.get("letter_number"):
        yield label("Letter number"), content["letter_number"]
    yield label("Host"), content["host"]
    chair = ", ".join(part for part in (content["chair"]["name"], content["chair"]["title"]) if part)
    if chair:
        yield label("Chair"), chair
    if content.get("sites"):
        yield label("Sites"), "\n".join(f"{site['room']} ({site['unit']})" for site in content["sites"])
    contact = ", ".join(part for part in (content["contact"]["name"], content["contact"]["phone"]) if part)
    if contact:
        yield label("Contact"), contact
    if content.get("note"):
        yield label("Note"), content["note"]


def _plain(line: Line) -> str:
    label, said = line
    return f"{label}:\n  " + said.replace("\n", "\n  ") if "\n" in said else f"{label}: {said}"


def when(content: Mapping[str, Any], language: str) -> str:
    """From when to when, in the province's time."""
    starts, ends = _local(content["starts"]), _local(content["ends"])
    day = format_date(starts.date(), "EEEE, dd/MM/yyyy", locale=language)
    until = ends.strftime("%H:%M") if ends.date() == starts.date() else ends.strftime("%H:%M %d/%m/%Y")
    return f"{starts.strftime('%H:%M')} - {until}, {day}"


def _local(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(LOCAL)
