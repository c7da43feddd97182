"""What calendars in offices trip over, as some twenty rules on the bytes that we send.

No library validates iCalendar; each rule here stands for a client that showed a wrong hour, no buttons, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from integrations.calendar.lines import Line, cut
from integrations.calendar.rule_start import begins_on

_UTC = re.compile(r"\d{8}T\d{6}Z\Z")
_FORBIDDEN = ("X-WR-", "X-GOOGLE-CONFERENCE", "X-ALT-DESC")


def lint(
    ics: bytes, *, method: str | None = None, recipient: str | None = None, previous: tuple[int, str] | None = None,
    feed: bool = False,
) -> list[str]:  # fmt: skip
    """Everything that is wrong, in English, for programmers; empty when good.

    ``method``: the MIME parameter. ``recipient``: who gets it. ``previous``: SEQUENCE and DTSTAMP (as text, in UTC) of
    the last message with this UID to this recipient. ``feed``: it is no mail but something to subscribe to.
    """
    wrong = list(_bytes(ics))
    try:
        text = ics.decode("utf-8")
    except UnicodeDecodeError:
        return [*wrong, "not UTF-8"]
    lines, broken = cut(text)
    wrong += broken
    if broken:
        return wrong
    if feed:
        return [*wrong, *_feed(lines)]
    wrong += _calendar(lines, method)
    wrong += _zones(lines)
    wrong += _dates(lines)
    verb = next((line.value for line in lines if line.name == "METHOD"), "")
    for event, inner in _events(lines):
        wrong += [
            *_identity(event, previous),
            *_times(event),
            *_people(event, recipient),
            *_verb(event, inner, verb),
            *_values(event),
        ]
    return wrong


def _feed(lines: list[Line]) -> Iterator[str]:
    """Many entries in one object, told to nobody in particular."""
    own = {line.name: line for line in lines if line.path == ("VCALENDAR",)}
    for name in ("PRODID", "VERSION", "UID", "NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "SOURCE"):
        if name not in own:
            yield f"{name} is missing"
    if "METHOD" in own:
        yield "METHOD in a feed, which then is a message"
    for name, value in (("REFRESH-INTERVAL", "DURATION"), ("SOURCE", "URI")):
        if name in own and own[name].params.get("VALUE") != value:
            yield f"{name} needs VALUE={value}"
    yield from _zones(lines)
    if any(line.component == "VALARM" or line.name == "ATTENDEE" for line in lines):
        yield "a VALARM or an ATTENDEE, which show in some calendars only"
    entries: dict[str, dict[int, list[Line]]] = {}
    events: dict[int, list[Line]] = {}
    for line in lines:
        if line.component == "VEVENT":
            events.setdefault(line.instance, []).append(line)
    for number, event in events.items():
        entries.setdefault(_value(event, "UID") or "", {})[number] = event
        yield from (said for said in _identity(event, None) if "ORGANIZER" not in said)
        yield from _times(event)
        yield from _values(event)
    for uid, parts in entries.items():
        yield from (f"{said} ({uid})" for said in _dates([line for event in parts.values() for line in event]))


def _events(lines: list[Line]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Each VEVENT: its own lines, and all up to its end with what stands in it."""
    open_since, own = 0, list[Line]()
    for number, line in enumerate(lines):
        if line.component == "VEVENT":
            if line.name == "BEGIN":
                open_since, own = number, []
            own.append(line)
            if line.name == "END":
                yield own, lines[open_since:number]


def _bytes(ics: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", ics):
        yield "a line does not end with CRLF"
    if not ics.endswith(b"END:VCALENDAR\r\n"):
        yield "the file does not end with END:VCALENDAR and one CRLF"
    if any(len(line) > 75 for line in ics.split(b"\r\n")):
        yield "a line is longer than 75 octets"
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", ics):
        yield "a control character"


def _calendar(lines: list[Line], method: str | None) -> Iterator[str]:
    if [line.value for line in lines if line.name == "BEGIN"].count("VCALENDAR") != 1:
        yield "not exactly one VCALENDAR"
    for name in ("PRODID", "VERSION", "METHOD"):
        if len([line for line in lines if line.name == name and line.path == ("VCALENDAR",)]) != 1:
            yield f"not exactly one {name}"
    verb = next((line.value for line in lines if line.name == "METHOD"), None)
    if method is not None and verb != method:
        yield f"METHOD {verb} differs from the MIME parameter {method}"
    for line in lines:
        if line.name.startswith(_FORBIDDEN):
            yield f"{line.name} does not belong in a mail"


def _zones(lines: list[Line]) -> Iterator[str]:
    declared = [line.value for line in lines if line.name == "TZID" and line.component == "VTIMEZONE"]
    used = {line.params["TZID"].strip('"') for line in lines if "TZID" in line.params}
    for zone in used - set(declared):
        yield f"TZID {zone} is not declared"
    for zone in set(declared) - used:
        yield f"TZID {zone} is declared and not used"
    if len(declared) != len(set(declared)):
        yield "a TZID is declared twice"
    if any(line.name == "RDATE" and "VTIMEZONE" in line.path for line in lines):
        yield "RDATE in a VTIMEZONE, which Outlook ignores"


def _dates(lines: list[Line]) -> Iterator[str]:
    """Several VEVENTs are one entry and its dates; a date is named in the form of the entry's start."""
    events = [line for line in lines if line.component == "VEVENT"]
    if len({line.value for line in events if line.name == "UID"}) > 1:
        yield "several UIDs in one message"
    named = [line.value for line in events if line.name == "RECURRENCE-ID"]
    if len(set(named)) != len(named):
        yield "a RECURRENCE-ID twice"
    masters = len({line.instance for line in events if line.name == "UID"}) - len(named)
    if masters > 1:
        yield "more than one VEVENT without RECURRENCE-ID"
    repeating = {line.instance for line in events if line.name == "RRULE"}
    zoned = {line.instance for line in events if line.name == "DTSTART" and "TZID" in line.params}
    for line in events:
        if line.name in ("RECURRENCE-ID", "EXDATE") and line.instance in zoned and "TZID" not in line.params:
            yield f"{line.name} without the TZID of DTSTART"
        if line.name == "EXDATE" and line.instance not in repeating:
            yield "EXDATE without RRULE"
        if line.name == "RECURRENCE-ID" and line.instance in repeating:
            yield "RRULE on one date"


def _identity(event: list[Line], previous: tuple[int, str] | None) -> Iterator[str]:
    for name in ("UID", "DTSTAMP", "SEQUENCE", "ORGANIZER", "SUMMARY", "DTSTART"):
        if len(_all(event, name)) != 1:
            yield f"not exactly one {name}"
    stamp, sequence = _value(event, "DTSTAMP"), _value(event, "SEQUENCE")
    if stamp is not None and not _UTC.match(stamp):
        yield "DTSTAMP is not in UTC"
    if sequence is not None and not sequence.isdecimal():
        yield "SEQUENCE is not a number"
    elif previous is not None and sequence is not None and int(sequence) < previous[0]:
        yield "SEQUENCE went back"
    if previous is not None and stamp is not None and stamp <= previous[1]:
        yield "DTSTAMP did not grow"


def _times(event: list[Line]) -> Iterator[str]:
    starts, ends = _all(event, "DTSTART"), _all(event, "DTEND")
    if not starts or not ends:
        yield "DTSTART or DTEND is missing"
        return
    if starts[0].params != ends[0].params or starts[0].value >= ends[0].value:
        yield "DTEND is not after DTSTART in the same form"
    timed = starts[0].params.get("VALUE") != "DATE"
    if timed and "TZID" not in starts[0].params and not _UTC.match(starts[0].value):
        yield "DTSTART floats: neither TZID nor UTC"
    for rule in _all(event, "RRULE"):
        until = re.search(r"UNTIL=([^;]+)", rule.value)
        if until and timed and not _UTC.match(until[1]):
            yield "UNTIL is not in UTC"
        if timed and not begins_on(rule.value, starts[0].value):
            yield "DTSTART is not an occurrence of its RRULE"


def _people(event: list[Line], recipient: str | None) -> Iterator[str]:
    attendees, organizers = _all(event, "ATTENDEE"), _all(event, "ORGANIZER")
    mails = [line.value for line in attendees]
    for line in [*attendees, *organizers]:
        if not re.fullmatch(r"mailto:[!-~]+@[!-~]+", line.value) or line.value != line.value.lower():
            yield f"{line.name} {line.value} is not mailto: in lower-case ASCII"
        if set("^\\") & set(line.params.get("CN", "")):  # RFC 6868 is shown literally, a backslash read as escape
            yield f"the CN of {line.value} holds a caret or backslash"
    for line in attendees:
        if (line.params.get("PARTSTAT") == "NEEDS-ACTION") != (line.params.get("RSVP") == "TRUE"):
            yield f"RSVP and PARTSTAT of {line.value} disagree"
        if "PARTSTAT" not in line.params or "RSVP" not in line.params:
            yield f"PARTSTAT or RSVP of {line.value} is missing"
    if len(set(mails)) != len(mails):
        yield "an ATTENDEE is listed twice"
    if recipient is not None and f"mailto:{recipient.lower()}" not in mails:
        yield "the recipient is not an ATTENDEE"
    if recipient is not None and any(line.value == f"mailto:{recipient.lower()}" for line in organizers):
        yield "the recipient is the ORGANIZER"


def _verb(event: list[Line], inner: list[Line], verb: str) -> Iterator[str]:
    status = _value(event, "STATUS")
    alarms = [line for line in inner if line.name == "BEGIN" and line.value == "VALARM"]
    if verb == "REQUEST" and status not in (None, "CONFIRMED", "TENTATIVE"):
        yield f"a REQUEST with STATUS {status}"
    if len(alarms) > 1:
        yield "more than one VALARM"
    if verb in ("CANCEL", "REPLY", "DECLINECOUNTER") and alarms:
        yield f"a VALARM in a {verb}"
    if verb == "CANCEL":
        if _all(event, "RRULE"):
            yield "an RRULE in a CANCEL"
        if status is None and len(_all(event, "ATTENDEE")) != 1:
            yield "a CANCEL without STATUS takes out exactly one ATTENDEE"
        if status not in (None, "CANCELLED"):
            yield f"a CANCEL with STATUS {status}"


def _values(event: list[Line]) -> Iterator[str]:
    for line in _all(event, "CONFERENCE"):
        if line.params.get("VALUE") != "URI" or '"' in line.params.get("FEATURE", ""):
            yield "CONFERENCE needs VALUE=URI and unquoted features"
    for line in _all(event, "REFRESH-INTERVAL"):
        if line.params.get("VALUE") != "DURATION":
            yield "REFRESH-INTERVAL needs VALUE=DURATION"


def _all(event: list[Line], name: str) -> list[Line]:
    return [line for line in event if line.name == name]


def _value(event: list[Line], name: str) -> str | None:
    return next((line.value for line in event if line.name == name), None)
