"""One answer as it came in, whatever brought it; its words made harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.once import poke
from scheduler.answering import queries

COMMENT_BYTES = 2048


@dataclass(frozen=True)
class Said:
    """One answer. ``part``: the original start of the date that it is about, None for all; ``sequence``, ``dtstamp``:
    as it says itself; ``old``: it is about a version before the last that made answers void."""

    mail: str
    partstat: str
    sequence: int
    dtstamp: datetime | None
    part: datetime | None = None
    comment: str = ""
    source: str = "mail"
    old: bool = False
    delegated_to: str | None = None
    mail_id: int | None = None


def short(text: str) -> str:
    """Without control characters, and at most so long that nobody is drowned."""
    kept = "".join(c for c in text.strip() if c in "\n\t" or (c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF))
    return kept.encode()[:COMMENT_BYTES].decode("utf-8", "ignore")


def tell(db: Session, uid: str) -> None:
    """Whoever looks at these conferences sees it."""
    poke(db, *(f"conference:{one.id}" for one in queries.list_conferences(db, uid)))
