"""What somebody adds to a conference so that a letter of invitation can be made of it; kept for the next letter too."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import FieldError, Invalid, NotFound
from scheduler.booking.approving.letter_queries import find_last_letter_draft, find_letter_draft, set_letter_draft
from scheduler.booking.approving.official_queries import ENDED_OTHERWISE
from scheduler.conduct.queries import find_locked_by_key
from scheduler.errors import WrongMove
from scheduler.models import Conference

LONGEST = {
    "superior": 200, "place": 60, "urgency": 20, "subject": 500, "invitees": 6000, "requirements": 2000, "extra": 2000,
    "authority": 200, "title": 100, "signer": 100, "recipients": 3000,
}  # fmt: skip
MOST_LINES = 200
URGENCIES = ("HOẢ TỐC", "THƯỢNG KHẨN", "KHẨN")
_AUTHORITY = re.compile(r"(TM|KT|TL|TUQ|Q)\. ?\S.*", re.IGNORECASE)
_ACADEMIC = re.compile(
    r"(?:^|[\s,;])(GS|PGS|TS|ThS|TSKH|BS|KS|CN|Giáo sư|Phó giáo sư|Tiến sĩ|Thạc sĩ)[.\s]", re.IGNORECASE
)
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


@dataclass(frozen=True)
class LetterWish:
    """``invitees``, ``requirements``, ``extra``, ``authority``, ``recipients``: one a line. ``dated`` None: the day is
    left open. ``recorded``: the sitting is recorded; ``series``: all dates of the series from this one on stand in it.
    """

    superior: str = ""
    place: str = ""
    dated: date | None = None
    urgency: str = ""
    subject: str = ""
    invitees: str = ""
    requirements: str = ""
    extra: str = ""
    authority: str = ""
    title: str = ""
    signer: str = ""
    recipients: str = ""
    recorded: bool = False
    series: bool = False


_AGAIN = ("superior", "place", "requirements", "authority", "title", "signer", "recipients")
"""What the next letter of the office begins with."""


def lines_of(text: str) -> tuple[str, ...]:
    return tuple(line for line in (one.strip() for one in text.splitlines()) if line)


def check_letter(wish: LetterWish) -> None:
    """Raises Invalid with every wrong field: too_long, too_many, no_links (a letter is filed and forwarded, so no link
    may stand in it), authority (each line begins with TM., KT., TL., TUQ. or Q.), academic_title (NĐ 30/2020: none
    before the signer's name), unknown_value."""
    errors = []
    for name, most in LONGEST.items():
        said = getattr(wish, name)
        if len(said) > most:
            errors.append(FieldError(name, "too_long", {"max": most}))
        elif len(lines_of(said)) > MOST_LINES:
            errors.append(FieldError(name, "too_many", {"max": MOST_LINES}))
        elif _LINK.search(said):
            errors.append(FieldError(name, "no_links"))
    if wish.urgency and wish.urgency not in URGENCIES:
        errors.append(FieldError("urgency", "unknown_value"))
    if not all(_AUTHORITY.fullmatch(line) for line in lines_of(wish.authority)):
        errors.append(FieldError("authority", "letter_authority"))
    if _ACADEMIC.search(wish.signer):
        errors.append(FieldError("signer", "academic_title"))
    if errors:
        raise Invalid(errors)


def save_letter_draft(db: Session, key: str, wish: LetterWish, *, actor: str, now: datetime) -> None:
    """Keep it for this meeting, whatever was there. Raises Invalid, NotFound, WrongMove (a draft or what was cancelled
    has no letter)."""
    check_letter(wish)
    conference = find_locked_by_key(db, key)
    if conference is None:
        raise NotFound(kind="conference", key=key)
    if conference.state in ENDED_OTHERWISE:
        raise WrongMove(state=conference.state, to="letter")
    leader = db.get_one(Conference, conference.counted_with)
    said = asdict(wish) | {"dated": wish.dated.isoformat() if wish.dated else None}
    set_letter_draft(db, leader, said, by=actor, at=now)


def letter_wish(db: Session, conference: Conference) -> tuple[LetterWish, bool]:
    """What is kept for this meeting and True; else what its host's last letter leaves to the next, and False."""
    found = find_letter_draft(db, conference.counted_with)
    if found is not None:
        return _wish(found.said), True
    last = find_last_letter_draft(db, conference.host_unit_id)
    old = _wish(last.said) if last else LetterWish()
    return replace(LetterWish(), **{name: getattr(old, name) for name in _AGAIN}), False


def _wish(said: dict[str, Any]) -> LetterWish:
    known = {field.name for field in fields(LetterWish)}
    values = {name: value for name, value in said.items() if name in known}
    return LetterWish(**values | {"dated": date.fromisoformat(said["dated"]) if said.get("dated") else None})
