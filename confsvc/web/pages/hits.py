"""Conferences that stay booked where something is closed or carries less, as people see them before they confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.words import Words
from scheduler.booking.place.hit import MOST_SAID, seen_of
from scheduler.booking.place.hit_queries import Hit, list_titles
from scheduler.local_time import local_day
from scheduler.name_queries import list_short_names


@dataclass(frozen=True)
class Row:
    """``title`` "": the reader may not look at it; he sees whose it is and when."""

    key: str
    title: str
    host: str
    when: str


@dataclass(frozen=True)
class Hits:
    """``seen`` confirms these conferences; ``more``: how many are not listed."""

    rows: Sequence[Row]
    more: int
    seen: str


def hits_shown(db: Session, hits: Sequence[Hit], actor: Actor, words: Words) -> Hits:
    """For the template parts/hits.html."""
    listed = hits[:MOST_SAID]
    titles = list_titles(db, [hit.key for hit in listed], sight_of(actor))
    names = list_short_names(db, [(hit.host_unit_id, local_day(hit.starts)) for hit in listed])
    rows = [
        Row(hit.key, titles.get(hit.key, ""), names.get((hit.host_unit_id, local_day(hit.starts)), ""),
            words.span(hit.starts, hit.ends))
        for hit in listed
    ]  # fmt: skip
    return Hits(rows, len(hits) - len(rows), seen_of(hits))
