"""Names of time zones as calendars write them, to the names that this machine knows."""

from __future__ import annotations

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from integrations.calendar.itip.event import HOME
from integrations.calendar.timezones import known_zones
from integrations.errors import Refused

_OURS = {"Asia/Saigon": HOME, "SE Asia Standard Time": HOME}
_UTC = ("UTC", "Etc/UTC", "Etc/UCT", "Etc/Zulu", "Zulu", "UCT", "GMT", "Etc/GMT", "Etc/Universal", "Universal")


def zone_name(tzid: str) -> str:
    """The IANA name behind a TZID: itself, a Windows name, or the end of ``/vendor/Area/City``. Refused where nobody
    knows."""
    if len(tzid) <= 200:
        name = tzid.strip().strip('"').strip()
        name = _OURS.get(name, WINDOWS_TO_OLSON.get(name, name))
        pieces = name.strip("/").split("/")
        for start in range(len(pieces)):
            tail = "/".join(pieces[start:])
            if tail in known_zones():
                return "UTC" if tail in _UTC else _OURS.get(tail, tail)
    raise Refused(f"the time zone {tzid[:80]!r} is not known")
