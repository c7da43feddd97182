"""What people's calendars send back, made from the letters that our own code wrote, with each one's habits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from hashlib import sha256

WORDS = {"ACCEPTED": "Accepted", "DECLINED": "Declined", "TENTATIVE": "Tentative", "DELEGATED": "Delegated"}


@dataclass
class Invitation:
    """The lines of a letter's calendar part, unfolded; of one VEVENT (the first, or the one of ``date``)."""

    ics: str
    date: str = ""
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        text = self.ics.replace("\r\n ", "")
        events = re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT", text, re.DOTALL)
        chosen = next((one for one in events if self.date and self.date in one), events[0])
        self.lines = chosen.split("\r\n")

    def line(self, name: str) -> str:
        return next((one for one in self.lines if re.match(rf"{name}[;:]", one)), "")

    def value(self, name: str) -> str:
        return self.line(name).partition(":")[2]

    def attendee(self, mail: str) -> str:
        return next(one for one in self.lines if one.startswith("ATTENDEE") and one.endswith(f":mailto:{mail}"))

    @property
    def dates(self) -> list[str]:
        """DTSTART, DTEND and RECURRENCE-ID as they stand."""
        return [one for name in ("DTSTART", "DTEND", "RECURRENCE-ID") if (one := self.line(name))]


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def outlook(it: Invitation, mail: str, said: str, at: datetime, comment: str = "") -> bytes:
    """Windows names of zones, its own time of the reply, a SUMMARY with the answer before it, 1601 for "none"."""
    return mail_of(mail, _outlook(it, mail, said, at, comment))


def _outlook(it: Invitation, mail: str, said: str, at: datetime, comment: str) -> str:
    dates = [one.replace("TZID=Asia/Ho_Chi_Minh", 'TZID="SE Asia Standard Time"') for one in it.dates]
    lines = [
        "BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0",
        "BEGIN:VTIMEZONE", "TZID:SE Asia Standard Time", "BEGIN:STANDARD", "DTSTART:16010101T000000",
        "TZOFFSETFROM:+0700", "TZOFFSETTO:+0700", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT",
        f"ATTENDEE;PARTSTAT={said};CN={mail}:mailto:{mail}",
        *([f"COMMENT;LANGUAGE=vi-VN:{comment}\\n"] if comment else []), it.line("UID"),
        f"SUMMARY;LANGUAGE=vi-VN:{WORDS[said]}: {it.value('SUMMARY')}", *dates, "CLASS:PUBLIC", "PRIORITY:5",
        f"DTSTAMP:{stamp(at)}", "TRANSP:OPAQUE", "STATUS:CONFIRMED", f"SEQUENCE:{it.value('SEQUENCE')}",
        "X-MICROSOFT-CDO-APPT-SEQUENCE:" + it.value("SEQUENCE"), f"X-MICROSOFT-CDO-REPLYTIME:{stamp(at)}",
        "X-MICROSOFT-CDO-OWNERCRITICALCHANGE:16010101T000000Z", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def outlook_com(it: Invitation, mail: str, said: str, at: datetime, comment: str = "") -> bytes:
    """Without ORGANIZER and SEQUENCE; the version stands in Microsoft's own property."""
    return mail_of(mail, re.sub(r"\r\nSEQUENCE:\d+", "", _outlook(it, mail, said, at, comment)))


def google(it: Invitation, mail: str, said: str, at: datetime, comment: str = "") -> bytes:
    """All times in UTC, X-RESPONSE-COMMENT on the attendee, many properties repeated."""
    note = f';X-RESPONSE-COMMENT="{comment}"' if comment else ""
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//Google Inc//Google Calendar 70.9054//EN", "VERSION:2.0", "CALSCALE:GREGORIAN",
        "METHOD:REPLY", "BEGIN:VEVENT", *(utc(one) for one in it.dates), f"DTSTAMP:{stamp(at)}",
        it.line("ORGANIZER"), it.line("UID"),
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={said};CN={mail}\r\n ;X-NUM-GUESTS=0{note}"
        f":mailto:{mail}",
        *([f"COMMENT:{comment}"] if comment else []), it.line("CREATED"), it.line("DESCRIPTION"),
        f"LAST-MODIFIED:{stamp(at)}", it.line("LOCATION"), f"SEQUENCE:{it.value('SEQUENCE')}", "STATUS:CONFIRMED",
        it.line("SUMMARY"), "TRANSP:OPAQUE", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return mail_of(mail, "\r\n".join(one for one in lines if one or one == ""), alternative=True)


def zimbra(it: Invitation, mail: str, said: str, at: datetime, comment: str = "") -> bytes:
    """The rule of the series in the answer to it, LOCATION repeated, quoted names."""
    rule = ["RRULE:FREQ=WEEKLY;COUNT=4"] if not it.line("RECURRENCE-ID") else []
    lines = [
        "BEGIN:VCALENDAR", "PRODID:Zimbra-Calendar-Provider", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VTIMEZONE",
        "TZID:Asia/Ho_Chi_Minh", "BEGIN:STANDARD", "DTSTART:16010101T000000", "TZOFFSETTO:+0700",
        "TZOFFSETFROM:+0700", "TZNAME:ICT", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT", it.line("UID"), *rule,
        it.line("SUMMARY"), it.line("LOCATION"),
        f'ATTENDEE;CN="Nguyễn, Văn";ROLE=REQ-PARTICIPANT;PARTSTAT={said}:mailto:{mail}', it.line("ORGANIZER"),
        *it.dates, "STATUS:CONFIRMED", "CLASS:PUBLIC", "TRANSP:OPAQUE", f"LAST-MODIFIED:{stamp(at)}",
        f"DTSTAMP:{stamp(at)}", f"SEQUENCE:{it.value('SEQUENCE')}",
        f"COMMENT:{comment}" if comment else "X-ZIMBRA:1", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return mail_of(mail, "\r\n".join(one for one in lines if one or one == ""), alternative=True)


def apple(it: Invitation, mail: str, said: str, at: datetime, comment: str = "") -> bytes:
    """mailto: twice, in capitals; a long list of what nobody asked for."""
    lines = [
        "BEGIN:VCALENDAR", "CALSCALE:GREGORIAN", "PRODID:-//Apple Inc.//macOS 15.0//EN", "VERSION:2.0",
        "METHOD:REPLY", "BEGIN:VEVENT", it.line("UID"), *it.dates, it.line("ORGANIZER"), it.line("SUMMARY"),
        f"ATTENDEE;CN={mail};CUTYPE=INDIVIDUAL;PARTSTAT={said};ROLE=REQ-PARTICIPANT:MAILTO:mailto:{mail.upper()}",
        f"SEQUENCE:{it.value('SEQUENCE')}", f"DTSTAMP:{stamp(at)}", *([f"COMMENT:{comment}"] if comment else []),
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return mail_of(mail, "\r\n".join(lines), alternative=True)


def thunderbird(it: Invitation, mail: str, said: str, at: datetime, comment: str = "") -> bytes:
    """A top-level text/calendar with an empty line between its lines, as some servers send it on."""
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN", "VERSION:2.0", "METHOD:REPLY",
        "", "BEGIN:VEVENT", it.line("CREATED"), f"LAST-MODIFIED:{stamp(at)}", f"DTSTAMP:{stamp(at)}",
        it.line("UID"), it.line("SUMMARY"), "", it.line("ORGANIZER"),
        f"ATTENDEE;PARTSTAT={said};ROLE=REQ-PARTICIPANT;X-A=1:mailto:{mail}", *it.dates,
        f"SEQUENCE:{it.value('SEQUENCE')}", *([f"COMMENT:{comment}"] if comment else []), "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip
    return mail_of(mail, "\r\n".join(lines), alternative=False)


CLIENTS = {
    "outlook": outlook, "outlook.com": outlook_com, "google": google, "zimbra": zimbra, "apple": apple,
    "thunderbird": thunderbird,
}  # fmt: skip


def bare(
    it: Invitation, sender: str, attendees: list[str], at: datetime, *more: str, method: str = "REPLY",
    times: tuple[datetime, datetime] | None = None,
) -> bytes:  # fmt: skip
    """An answer by the letter of the standard; ``attendees``: whole lines."""
    dates = [f"DTSTART:{stamp(times[0])}", f"DTEND:{stamp(times[1])}"] if times else it.dates
    if times and it.line("RECURRENCE-ID"):
        dates.append(it.line("RECURRENCE-ID"))
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//x//y//EN", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT", it.line("UID"),
        it.line("ORGANIZER"), *attendees, *dates, f"SEQUENCE:{it.value('SEQUENCE')}", f"DTSTAMP:{stamp(at)}", *more,
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return mail_of(sender, "\r\n".join(lines), method=method)


def utc(line: str) -> str:
    """A local time of the province in UTC, as Google writes it."""
    name, value = line.split(";")[0].split(":")[0], line.partition(":")[2]
    at = datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=UTC) - timedelta(hours=7)
    return f"{name}:{stamp(at)}"


def mail_of(sender: str, ics: str, *, alternative: bool = True, method: str = "REPLY", headers: str = "") -> bytes:
    """The mail around it."""
    part = MIMEText(ics, "calendar", "utf-8")
    part.set_param("method", method)
    whole: MIMEText | MIMEMultipart = part
    if alternative:
        whole = MIMEMultipart("alternative")
        whole.attach(MIMEText("Trả lời", "plain", "utf-8"))
        whole.attach(part)
    whole["From"], whole["To"], whole["Subject"] = sender, "hnth@hop.example", "Re: Mời họp"
    whole["Date"] = format_datetime(datetime(2026, 11, 25, tzinfo=UTC))
    whole["Message-ID"] = f"<{sha256((sender + ics).encode()).hexdigest()[:20]}@khach.example>"
    return headers.encode() + whole.as_bytes()
