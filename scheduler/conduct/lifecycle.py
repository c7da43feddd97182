"""What a conference does next, and when to look again.

(pure) planned → provisioned → open → ended → recorded. A tick may be missed or doubled without harm: the answer
depends on the row and the time only. When hours were missed, the steps in between are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.timing import Timing, spans

PROVISION_BEFORE = timedelta(minutes=10)  # before the video room opens


@dataclass(frozen=True)
class View:
    """What of a conference decides its next step. ``first_joined``: when somebody was first seen in its video room."""

    state: str
    starts: datetime
    ends: datetime
    booked_ends: datetime
    opens: datetime
    ended_by: str | None = None
    first_joined: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Step:
    """``to``: the new state, or None to stay. ``due``: when to look again, None for never. ``act``: its name in the
    change row."""

    to: str | None
    act: str
    due: datetime | None


def next_step(view: View, now: datetime, timing: Timing) -> Step:
    """The one step that is due at ``now``; ``Step(None, "wait", due)`` when none is.

    A recorded conference whose ``due`` was set by a late fact is derived again.
    """
    times = spans(view.starts, view.ends, timing, booked_ends=view.booked_ends)
    settled = _settled(view, times.ends_grace, timing)
    match view.state:
        case "planned" | "provisioned" | "open" if now >= times.ends_grace:
            return Step("ended", "end", settled)
        case "planned" if now >= view.opens - PROVISION_BEFORE:
            return Step("provisioned", "provision", view.starts)
        case "provisioned" if now >= view.starts or view.first_joined is not None:
            return Step("open", "open", times.ends_grace)
        case "ended" if now >= settled:
            return Step("recorded", "record", None)
        case "recorded" if view.due is not None and now >= view.due:
            return Step(None, "rederive", None)
    return Step(None, "wait", next_due(view, timing))


def next_due(view: View, timing: Timing) -> datetime | None:
    """When a conference in this state should be looked at next; for whoever moves or changes it."""
    times = spans(view.starts, view.ends, timing, booked_ends=view.booked_ends)
    match view.state:
        case "planned":
            return view.opens - PROVISION_BEFORE
        case "provisioned":
            return view.starts
        case "open":
            return times.ends_grace
        case "ended":
            return _settled(view, times.ends_grace, timing)
        case "recorded":
            return view.due
    return None


def _settled(view: View, ends_grace: datetime, timing: Timing) -> datetime:
    """From here on late facts are in. An organiser's end needs no grace: everybody was sent out at once."""
    ended = view.ends if view.ended_by == "organiser" else ends_grace
    return ended + timedelta(minutes=timing.settle)
