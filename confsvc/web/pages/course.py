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

_STEPS = (("draft", "Draft"), ("pending", "Waiting for approval"), ("scheduled", "Scheduled"),
          ("invited", "Letter issued"), ("ready", "Ready"), ("live", "In progress"), ("ended", "Ended"),
          ("result", "Result"))  # fmt: skip
_PLACE = {"draft": 0, "pending": 1, "displaced": 1, "scheduled": 2, "approved": 2, "invited": 3, "ready": 4,
          "live": 5, "ended": 6, "unconfirmed": 7}  # fmt: skip
_ACT = {"draft": "drafted", "pending": "asked", "scheduled": "booked", "invited": "letter", "ready": "provision",
        "result": "result"}  # fmt: skip


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
    if here in ("cancelled", "postponed"):
        return _called_off(conference, here, when, words, now)
    times = spans(conference.starts, conference.ends, timing, booked_ends=conference.booked_ends)
    planned = {"ready": times.opens, "live": conference.starts, "ended": conference.ends, "result": times.settled}
    place, found = _PLACE.get(here, 7), []
    for number, (name, label) in enumerate(_STEPS):
        if _left_out(name, here, conference, when):
            continue
        at = when.get(_ACT.get(name, ""), planned.get(name))
        if name == "result":
            label = _result_label(here)
        if name == "pending" and here == "displaced":
            label, at = "Gave way, another time is held", when.get("displaced")
        if name == "scheduled" and (conference.approved_at is not None or here == "pending"):
            label, at = "Approved", conference.approved_at
        elif name == "scheduled" and here == "draft":
            at = None
        elif at is None and name == "scheduled":
            at = conference.booked_at
        found.append(StepView(words.say(label), words.near(at, now) if at else "", number < place, number == place))
    return found


def _result_label(here: Standing) -> str:
    return {"unconfirmed": "Result to be confirmed", "held": "Held", "failed_online": "Could not be held online",
            "not_held": "Not held"}.get(here, "Result")  # fmt: skip


def _left_out(name: str, here: Standing, conference: Conference, when: dict[str, datetime]) -> bool:
    """Steps that this conference does not take: not every one is drafted, asked for, or has a letter to wait for."""
    if name == "draft":
        return here != "draft" and "drafted" not in when
    if name == "pending":
        return here not in ("pending", "displaced") and conference.approved_at is None
    return name == "invited" and not conference.letter_number and conference.hold_until is None


def _called_off(
    conference: Conference, here: Standing, when: dict[str, datetime], words: Phrases, now: datetime
) -> list[StepView]:
    booked = when.get("booked", when.get("approved", conference.booked_at))
    ended = when.get("cancelled") if here == "cancelled" else when.get("lapsed", when.get("postponed"))
    return [
        StepView(words.say("Scheduled"), words.near(booked, now), True, False),
        StepView(words.say(here.capitalize()), words.near(ended, now) if ended else "", False, True),
    ]
