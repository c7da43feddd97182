"""Agendas of endpoints, kept as long as they would come out the same.

Thousands of devices ask for theirs again and again, and hardly ever has one changed. Reading its rows costs a quarter
of making it (measured), so the rows are read each time and the agenda is made anew only when one of the things that it
is a function of is another: the rows, the rules, or the time beyond a moment that is known beforehand. The tag is a
hash of what is sent, the same in every process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.booking.booking import Rules
from scheduler.conduct.agenda import (
    BridgeFace,
    Mint,
    Rows,
    agenda_bytes,
    composed,
    etag,
    find_rows,
    steady_until,
)

MOST_KEPT = 5_000
"""Agendas, some 50 KiB each in a full week."""


@dataclass(frozen=True)
class Made:
    """An agenda as values, which nobody changes, and as sent; what it was made of, and for which span of time."""

    body: dict[str, Any]
    data: bytes
    etag: str
    rows: Rows
    rules: Rules
    since: datetime
    until: datetime

    def holds(self, rows: Rows, rules: Rules, now: datetime) -> bool:
        return self.since <= now < self.until and self.rows == rows and self.rules == rules


@dataclass(frozen=True)
class AgendaSource:
    """What an agenda is made of besides the rows: the rules that hold now, the configured video hosts, whom to call."""

    rules: Callable[[], Rules]
    mint: Mint
    faces: dict[int, BridgeFace] = field(default_factory=dict)
    operator_phone: str = ""
    _kept: dict[int, Made] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def body(self, db: Session, endpoint_id: int, now: datetime) -> dict[str, Any]:
        """The values alone; a unit of work as ``made``."""
        return self.made(db, endpoint_id, now).body

    def made(self, db: Session, endpoint_id: int, now: datetime) -> Made:
        """A unit of work; raises NotFound for an endpoint that is out of service."""
        rules = self.rules()
        rows = find_rows(db, endpoint_id, now=now, calendar=rules.calendar)
        known = self._kept.get(endpoint_id)
        if known is not None and known.holds(rows, rules, now):
            return known
        body = composed(
            rows, now=now, timing=rules.timing, mint=self.mint, bridges=self.faces,
            operator_phone=self.operator_phone, calendar=rules.calendar, book=rules.book, profiles=rules.profiles,
        )  # fmt: skip
        data, until = agenda_bytes(body), steady_until(rows, now=now, timing=rules.timing, book=rules.book)
        made = Made(body, data, etag(data), rows, rules, now, until)
        self._keep(endpoint_id, made)
        return made

    def _keep(self, endpoint_id: int, made: Made) -> None:
        """Beyond the limit the one that was made first goes."""
        with self._lock:
            self._kept.pop(endpoint_id, None)
            self._kept[endpoint_id] = made
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
