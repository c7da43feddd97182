"""What people type into forms: days as dd/MM/yyyy, times as 14:30, guests one a line.  (pure)"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from multidict import MultiMapping

from scheduler.booking.booking import GuestWish

LONGEST = 100_000
EARLIEST, LATEST = 1900, 2200
"""Years that make sense here; the ends of the calendar have no next day and no other zone."""
_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME = re.compile(r"(\d{1,2})[:hg.](\d{2})|(\d{1,2})[hg]?", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>,;()\"]+@[^\s<>,;()\"]+")


Fields = MultiMapping[object]
"""A posted form or a query string."""


def text_field(fields: Fields, name: str) -> str:
    """One field as text, line ends as \\n, without NUL, which no database takes; empty when missing or a file."""
    value = fields.get(name, "")
    return value.replace("\r\n", "\n").replace("\0", "").strip()[:LONGEST] if isinstance(value, str) else ""


def list_field(fields: Fields, name: str, most: int = 1000) -> list[str]:
    """All values of a field, each once."""
    return list(dict.fromkeys(v for v in fields.getall(name, []) if isinstance(v, str) and v))[:most]


def parse_day(typed: str) -> date | None:
    """05/01/2027, 5.1.2027, and 2027-01-05 as addresses have it; None when it is no day."""
    if match := _DAY.fullmatch(typed.strip()):
        day, month, year = (int(part) for part in match.groups())
    elif match := _ISO.fullmatch(typed.strip()):
        year, month, day = (int(part) for part in match.groups())
    else:
        return None
    try:
        return date(year, month, day) if EARLIEST <= year <= LATEST else None
    except ValueError:
        return None


def parse_time(typed: str) -> time | None:
    """14:30, 14h30, 14g30, 14h, 14; None when it is no time."""
    match = _TIME.fullmatch(typed.strip())
    if not match:
        return None
    hours, minutes = int(match[1] or match[3]), int(match[2] or 0)
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


@dataclass(frozen=True)
class TypedGuests:
    """Guests in the order of their lines; ``lines``: number and text of the line each stood in."""

    guests: tuple[GuestWish, ...]
    lines: tuple[tuple[int, str], ...]


def parse_guests(typed: str, language: str = "vi") -> TypedGuests:
    """ "Name <address>" a line, also with a comma, semicolon, tab or nothing between; an address alone is its own name.

    A line without an address keeps an empty one, so that the checks of booking name it.
    """
    guests, lines = [], []
    for number, line in enumerate(typed.splitlines(), start=1):
        if not line.strip():
            continue
        found = _ADDRESS.search(line)
        mail = found[0].lower() if found else ""
        name = " ".join((line.replace(found[0], " ") if found else line).translate(_MARKS).split())
        guests.append(GuestWish(name or mail, mail, language))
        lines.append((number, line.strip()[:80]))
    return TypedGuests(tuple(guests), tuple(lines))


_MARKS: Mapping[int, str] = {ord(mark): " " for mark in '<>;,\t"()'}


def format_guests(guests: tuple[GuestWish, ...]) -> str:
    """The same as text."""
    return "\n".join(f"{g.name} <{g.mail}>" if g.name != g.mail else g.mail for g in guests)
