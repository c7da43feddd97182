"""What an RRULE says, as far as it is safe to say: a rule from outside can keep a library busy for ever.

Only the grammar of this house is ever expanded (daily, weekly, monthly, bounded); other rules are compared as text and
travel on unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from integrations.calendar.itip.event import HOME, Entry, Moment
from integrations.errors import Refused

MOST_DATES = 1000
LONGEST = 500
SECOND = timedelta(seconds=1)
_PART = re.compile(r"([A-Z]{4,10})=([A-Z0-9,+-]{1,400})")
_ORDER = ("FREQ", "UNTIL", "COUNT", "INTERVAL")
_SAFE = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "BYDAY": r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,13}",
    "BYMONTHDAY": r"-?\d{1,2}(,-?\d{1,2}){0,30}",
    "BYSETPOS": r"-?[1-9]\d?(,-?[1-9]\d?){0,5}",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}


def parts(rule: str) -> dict[str, str]:
    """The rule cut apart. Refused when it is none."""
    found: dict[str, str] = {}
    pieces = [piece for piece in rule.strip().upper().split(";") if piece] if len(rule) <= LONGEST else []
    for piece in pieces:
        match = _PART.fullmatch(piece.strip())
        if match is None or match[1] in found:
            raise Refused(f"not a rule of repetition: {rule[:80]}")
        found[match[1]] = match[2]
    if "FREQ" not in found or {"COUNT", "UNTIL"} <= set(found):
        raise Refused(f"not a rule of repetition: {rule[:80]}")
    return found


def joined(rule_parts: dict[str, str]) -> str:
    """The parts as one value, the usual ones first."""
    names = [name for name in _ORDER if name in rule_parts] + sorted(set(rule_parts) - set(_ORDER))
    return ";".join(f"{name}={rule_parts[name]}" for name in names)


def alike(rule: str | None, starts: Moment) -> tuple[tuple[str, str], ...]:
    """What two rules have in common that mean the same: order, defaults and the form of UNTIL do not count."""
    if rule is None:
        return ()
    found = parts(rule)
    if found.get("INTERVAL") == "1":
        del found["INTERVAL"]
    if found.get("WKST") == "MO":
        del found["WKST"]
    for name in ("BYDAY", "BYMONTH", "BYMONTHDAY"):
        if name in found:
            found[name] = ",".join(sorted(found[name].split(",")))
    if "UNTIL" in found:
        found["UNTIL"] = f"{until(found['UNTIL'], starts):%Y%m%dT%H%M%S}"
    return tuple(sorted(found.items()))


def until(value: str, starts: Moment) -> datetime:
    """The last possible start by the wall clock of ``starts``; of a day, its last second. Refused when no time."""
    try:
        if "T" not in value:
            return datetime.combine(datetime.strptime(value, "%Y%m%d"), time(23, 59, 59))  # noqa: DTZ007 -- wall time
        wall = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 -- wall time
    except ValueError as problem:
        raise Refused(f"not a time: {value[:40]}") from problem
    if not value.endswith("Z") or starts.all_day:
        return wall
    return wall.replace(tzinfo=UTC).astimezone(zone_of(starts)).replace(tzinfo=None)


def zone_of(form: Moment) -> ZoneInfo:
    """The zone by whose clock a time is written; what has none is at home."""
    return ZoneInfo(form.tzid or HOME)


def with_until(rule: str, last: Moment) -> str:
    """The rule that ends with this start (RFC 5545: in UTC, of whole days a day)."""
    found = parts(rule)
    found.pop("COUNT", None)
    found["UNTIL"] = f"{last.wall:%Y%m%d}" if last.all_day else f"{last.instant():%Y%m%dT%H%M%SZ}"
    return joined(found)


def as_sent(rule: str, starts: Moment) -> str:
    """The rule as others read it: with a UNTIL in UTC, or a day where whole days repeat."""
    found = parts(rule)
    if "UNTIL" not in found:
        return joined(found)
    return with_until(rule, Moment(until(found["UNTIL"], starts), starts.tzid, starts.all_day))


def is_safe(rule: str) -> bool:
    """Whether the rule is in the grammar that is expanded."""
    found = parts(rule)
    if any(name not in _SAFE or not re.fullmatch(_SAFE[name], value) for name, value in found.items()):
        return False
    return _has_dates(found)


def _has_dates(found: dict[str, str]) -> bool:
    """Whether such dates come again and again: dateutil looks for the next one until the year 9999."""
    step, days = int(found.get("INTERVAL", "1")), found.get("BYDAY", "")
    if found["FREQ"] != "MONTHLY":
        plain = not (re.search(r"\d", days) or {"BYMONTHDAY", "BYSETPOS"} & set(found))
        return plain and not (days and found["FREQ"] == "DAILY" and step % 7 == 0)
    if "BYMONTHDAY" in found:
        numbers = [abs(int(day)) for day in found["BYMONTHDAY"].split(",")]
        often = any(1 <= day <= 28 for day in numbers) or step % 12 != 0
        return often and all(1 <= day <= 31 for day in numbers) and not {"BYDAY", "BYSETPOS"} & set(found)
    places = [abs(int(place)) for place in found.get("BYSETPOS", "1").split(",")]
    return "BYSETPOS" not in found or (
        not re.search(r"\d", days) and max(places) <= 4 * len(days.split(",") if days else "")
    )


def starts_of(entry: Entry, most: int = MOST_DATES) -> list[Moment] | None:
    """The starts by the rule and the extra dates, without exceptions, at most ``most``; None where the rule is not
    expanded here."""
    if entry.rule is None:
        return [entry.starts, *entry.rdates]
    if not is_safe(entry.rule):
        return None
    found = [Moment(wall, entry.starts.tzid, entry.starts.all_day) for wall in islice(_walls(entry), most)]
    return sorted([*found, *entry.rdates], key=Moment.instant)


def _walls(entry: Entry) -> Iterator[datetime]:
    """Never more than forty years of it, also where the rule has no date at all."""
    found = parts(entry.rule or "")
    count = int(found.pop("COUNT", MOST_DATES))
    end = entry.starts.wall + timedelta(days=366 * 40)
    if "UNTIL" in found:
        end = min(end, until(found["UNTIL"], entry.starts))
    found["UNTIL"] = f"{end:%Y%m%dT%H%M%S}"
    yield from islice(rrulestr(joined(found), dtstart=entry.starts.wall), count)


def last_end(entry: Entry) -> datetime | None:
    """When the last of it is over, aware, in UTC; None where it has no end or none that can be told."""
    length = entry.ends.instant() - entry.starts.instant()
    if entry.rule is None:
        return max(entry.ends.instant(), *(at.instant() + length for at in entry.rdates), entry.ends.instant())
    found = parts(entry.rule)
    if "UNTIL" in found:
        last = Moment(until(found["UNTIL"], entry.starts), entry.starts.tzid, entry.starts.all_day)
        return max([last.instant() + length, *(at.instant() + length for at in entry.rdates)])
    dates = starts_of(entry) if "COUNT" in found else None
    return dates[-1].instant() + length if dates else None
