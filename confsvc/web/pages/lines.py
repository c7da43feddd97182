"""Conferences in lists: one line each, with the host's name and the state in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsvc.web.pages.phrases import Phrases
from scheduler.list_queries import Line
from scheduler.local_time import local_day
from scheduler.name_queries import list_short_names
from scheduler.standing import standing


@dataclass(frozen=True)
class LineView:
    """``badge``: tone and label of the state; ``series``: it is a date of one."""

    key: str
    title: str
    kind: str
    form: str
    host: str
    when: str
    clock: str
    day: str
    sites: int
    badge: tuple[str, str]
    trouble: str
    series: bool


def line_views(db: Session, lines: Sequence[Line], words: Phrases, now: datetime) -> list[LineView]:
    """Hosts are named as on the day of each sitting."""
    names = list_short_names(db, [(line.host_unit_id, local_day(line.starts)) for line in lines]) if lines else {}
    return [
        LineView(
            key=line.key, title=line.title, kind=words.kind(line.kind), form=words.form(line.form),
            host=names.get((line.host_unit_id, local_day(line.starts)), ""), when=words.span(line.starts, line.ends),
            clock=f"{words.clock(line.starts)}–{words.clock(line.ends)}", day=words.day(line.starts),
            sites=line.sites, badge=words.standing(standing(line, now)), trouble=words.trouble(line.trouble),
            series=line.series_id is not None,
        )
        for line in lines
    ]  # fmt: skip
