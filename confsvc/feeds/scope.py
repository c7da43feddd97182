"""Whose feed: a person's, an office's, a room's, or the public timetable of an office.  (pure)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scheduler.local_time import instant, local_day

Kind = Literal["account", "unit", "room", "public"]
Form = Literal["ics", "ifb"]
PAST, AHEAD = timedelta(days=30), timedelta(days=400)
KEPT_CANCELLED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Scope:
    """``mail``: of a person, whose invitations are meant."""

    kind: Kind
    subject_id: int
    mail: str = ""

    def name(self, form: Form) -> str:
        """Under which its body is kept."""
        return f"{self.kind}:{self.subject_id}:{form}"


@dataclass(frozen=True, slots=True)
class Window:
    """What a feed covers; the same all day long, so that nothing changes by the mere passing of time."""

    since: datetime
    until: datetime
    cancelled_since: datetime


def window(now: datetime) -> Window:
    """30 days back to 400 ahead, by whole local days; cancelled ones stay for 30 days after that was decided."""
    today = instant(local_day(now))
    return Window(today - PAST, today + AHEAD, today - KEPT_CANCELLED)
