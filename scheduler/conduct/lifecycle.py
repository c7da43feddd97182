"""What a conference does next, and when to look again.

(pure) planned → provisioned → open → ended → recorded. A tick may be missed or doubled without harm: the answer
depends on the row and the time only. When hours were missed, the steps in between are left out.

What waits for approval or for the number of its letter falls back when its time has come: a request becomes a draft
again, what people were invited to is postponed; the host is warned before.

While it runs, those in it are warned some minutes before its end, and a site where nobody was seen is given back after
a warning. Such a step happens once a sitting: it is among the ``steps`` then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scheduler.conduct.reminding import coming, settled_with
from scheduler.timing import Timing, spans

PROVISION_BEFORE = timedelta(minutes=10)  # before the video room opens
LETTER_WARNING = timedelta(hours=24)  # before the rooms fall free for want of a letter
ENDINGS = (10, 5, 1)
"""Minutes before the end at which a running conference is warned."""
_ENDING = "ending_"
NOBODY_SEEN, GIVE_BACK, CAME_LATE = "nobody_seen", "give_back", "came_late"


SHORTEST_WARNING = timedelta(minutes=1)


@dataclass(frozen=True)
class NoShow:
    """After the start: when the host is warned of sites where nobody was seen, and when they are given back."""

    warns: timedelta = timedelta(minutes=10)
    frees: timedelta = timedelta(minutes=15)

    @property
    def warning(self) -> timedelta:
        """How long before it the warning comes; what was late gives its warning the same time."""
        return max(self.frees - self.warns, SHORTEST_WARNING)


@dataclass(frozen=True)
class View:
    """What of a conference decides its next step. ``first_joined``: when somebody was first seen in its video room.
    ``hold_until``: without the number of its letter it falls back then; ``warned``: the host was told that it will.
    ``steps``: those that happen once a sitting and were taken in this one, with when.
    ``displaced_until``: it gave way, and its host is asked until then. ``came_late``: a device joined at a site that
    holds nothing any more. ``reminds``: the reminders that its rules wish; ``told``: when people were last written
    to."""

    state: str
    starts: datetime
    ends: datetime
    booked_ends: datetime
    opens: datetime
    ended_by: str | None = None
    first_joined: datetime | None = None
    due: datetime | None = None
    displaced_until: datetime | None = None
    hold_until: datetime | None = None
    warned: bool = False
    steps: Mapping[str, datetime] = field(default_factory=dict)
    no_show: NoShow = NoShow()
    came_late: bool = False
    reminds: frozenset[str] = frozenset()
    told: datetime | None = None

    @property
    def reminders(self) -> list[tuple[str, datetime]]:
        """Those that are still to be taken, with when."""
        return coming(self.starts, self.reminds, self.steps, self.told)

    @property
    def waits(self) -> bool:
        """Whether it stands on its request or on a letter that is to come."""
        return self.state == "pending" or (self.state == "planned" and self.hold_until is not None)

    @property
    def lapses(self) -> datetime:
        """When what waits falls back."""
        until = [self.hold_until] if self.hold_until else []
        return min([*until, self.starts] if self.state == "pending" else until)


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
    if view.displaced_until is not None:
        late = now >= view.displaced_until
        return Step("postponed", "unanswered", None) if late else Step(None, "wait", view.displaced_until)
    if view.waits and now >= view.lapses:
        return Step("draft" if view.state == "pending" else "postponed", "lapse", None)
    if view.waits and not view.warned and view.hold_until is not None and now >= view.hold_until - LETTER_WARNING:
        return Step(None, "warn", next_due(replace(view, warned=True), timing))
    match view.state:
        case "planned" | "provisioned" | "open" if now >= times.ends_grace:
            return Step("ended", "end", settled)
        case "planned" if now >= view.opens - PROVISION_BEFORE:
            return Step("provisioned", "provision", next_due(replace(view, state="provisioned"), timing))
        case "provisioned" if now >= view.starts or view.first_joined is not None:
            return Step("open", "open", next_due(replace(view, state="open"), timing))
        case "open" if now >= view.ends:
            return Step(None, "wait", times.ends_grace)
        case "open" if view.came_late:
            return Step(None, CAME_LATE, next_due(replace(view, came_late=False), timing))
        case "planned" | "provisioned" | "open" if any(at <= now for _, at in view.reminders):
            last = [name for name, at in view.reminders if at <= now][-1]
            steps = {**view.steps, **dict.fromkeys(settled_with(last), now)}
            return Step(None, last, next_due(replace(view, steps=steps), timing))
        case "open" if (act := _while_it_runs(view, now)) is not None:
            steps = {**view.steps, **dict.fromkeys(settled_by(act), now)}
            return Step(None, act, next_due(replace(view, steps=steps), timing))
        case "ended" if now >= settled:
            return Step("recorded", "record", None)
        case "recorded" if view.due is not None and now >= view.due:
            return Step(None, "rederive", None)
    return Step(None, "wait", next_due(view, timing))


def next_due(view: View, timing: Timing) -> datetime | None:
    """When a conference in this state should be looked at next; for whoever moves or changes it."""
    times = spans(view.starts, view.ends, timing, booked_ends=view.booked_ends)
    reminded = [at for _, at in view.reminders]
    if view.displaced_until is not None:
        return view.displaced_until
    if view.waits:
        warns = view.hold_until - LETTER_WARNING if view.hold_until and not view.warned else None
        wanted = [view.lapses, *([warns] if warns else [])]
        return min(wanted if view.state == "pending" else [*wanted, *reminded, view.opens - PROVISION_BEFORE])
    match view.state:
        case "planned":
            return min([view.opens - PROVISION_BEFORE, *reminded])
        case "provisioned":
            return min([view.starts, *reminded])
        case "open":
            return min([times.ends_grace, *reminded, *(at for act, at in _once(view) if act not in view.steps)])
        case "ended":
            return _settled(view, times.ends_grace, timing)
        case "recorded":
            return view.due
    return None


def ending_steps() -> tuple[str, ...]:
    """The warnings before the end, the earliest first."""
    return tuple(f"{_ENDING}{minutes}" for minutes in ENDINGS)


def minutes_before(step: str) -> int | None:
    """Of a warning before the end: how many minutes before; None of any other step."""
    return int(step.removeprefix(_ENDING)) if step.startswith(_ENDING) else None


def _once(view: View) -> list[tuple[str, datetime]]:
    """What happens once while it runs, and when."""
    warns = view.starts + view.no_show.warns
    warned = max(view.steps.get(NOBODY_SEEN, view.starts), warns)
    found = [(NOBODY_SEEN, warns), (GIVE_BACK, warned + view.no_show.warning)]
    found = [(act, at) for act, at in found if at < view.ends]
    return found + [(f"{_ENDING}{minutes}", view.ends - timedelta(minutes=minutes)) for minutes in ENDINGS]


def _while_it_runs(view: View, now: datetime) -> str | None:
    """The step that is due: of several missed warnings of the end only the last."""
    due = [act for act, at in _once(view) if now >= at and act not in view.steps]
    return next((act for act in due if minutes_before(act) is None), due[-1] if due else None)


def settled_by(act: str) -> frozenset[str]:
    """What need not be done any more after this step: the warnings before it."""
    steps = ending_steps()
    return frozenset(steps[: steps.index(act) + 1]) if act in steps else frozenset({act})


def _settled(view: View, ends_grace: datetime, timing: Timing) -> datetime:
    """From here on late facts are in. An organiser's end needs no grace: everybody was sent out at once."""
    ended = view.ends if view.ended_by == "organiser" else ends_grace
    return ended + timedelta(minutes=timing.settle)
