"""The line of a conference's states with their times: where it stands, what comes next and when.  (pure)"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from confsvc.web.pages.phrases import Phrases
from rooms.models import Change
from scheduler.models import Conference
from scheduler.standing import Standing
from scheduler.timing import Timing, spans

_STEPS = (("draft", "Draft"), ("scheduled", "Scheduled"), ("ready", "Ready"), ("live", "In progress"),
          ("ended", "Ended"), ("result", "Result"))  # fmt: skip
_PLACE = {"draft": 0, "scheduled": 1, "ready": 2, "live": 3, "ended": 4, "unconfirmed": 5}
_ACT = {"draft": "drafted", "scheduled": "booked", "ready": "provision", "result": "result"}


@dataclass(frozen=True)
class StepView:
    """``at``: when it was, or is to be, in words."""

    label: str
    at: str
    past: bool
    current: bool


def course(
    conference: Conference, changes: Iterable[Change], here: Standing, words: Phrases, timing: Timing, now: datetime
) -> list[StepView]:
    """Past steps with when they were, the others with when they are planned."""
    when = {row.act: row.at for row in changes}
    if conference.origin == "logged":
        steps = [("Took place", conference.starts), ("Registered afterwards", conference.booked_at)]
        return [StepView(words.say(label), words.near(at, now), True, n == 1) for n, (label, at) in enumerate(steps)]
    if here == "cancelled":
        return _cancelled(conference, when, words, now)
    times = spans(conference.starts, conference.ends, timing, booked_ends=conference.booked_ends)
    planned = {"ready": times.opens, "live": conference.starts, "ended": conference.ends, "result": times.settled}
    place, found = _PLACE.get(here, 5), []
    for number, (name, label) in enumerate(_STEPS):
        if name == "draft" and here != "draft" and "drafted" not in when:
            continue
        at = when.get(_ACT.get(name, ""), planned.get(name))
        if name == "result":
            label = _result_label(here)
        if at is None and name == "scheduled":
            at = None if here == "draft" else conference.booked_at
        found.append(StepView(words.say(label), words.near(at, now) if at else "", number < place, number == place))
    return found


def _result_label(here: Standing) -> str:
    return {"unconfirmed": "Result to be confirmed", "held": "Held", "failed_online": "Could not be held online",
            "not_held": "Not held"}.get(here, "Result")  # fmt: skip


def _cancelled(conference: Conference, when: dict[str, datetime], words: Phrases, now: datetime) -> list[StepView]:
    booked, ended = when.get("booked", conference.booked_at), when.get("cancelled")
    return [
        StepView(words.say("Scheduled"), words.near(booked, now), True, False),
        StepView(words.say("Cancelled"), words.near(ended, now) if ended else "", False, True),
    ]
