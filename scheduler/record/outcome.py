"""The sittings of one counted meeting and what came of them: its status, and its forms.

(pure) Nobody's "recorded" means held: an outcome is said by facts or by people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scheduler.record.attendance import Evidence, Mode

Outcome = Literal["unknown", "held", "failed_online", "not_held"]
Status = Literal["upcoming", "unconfirmed", "held", "failed_online", "not_held", "postponed", "cancelled"]

COUNTED: frozenset[Status] = frozenset({"held", "failed_online"})


@dataclass(frozen=True)
class Seen:
    """One district's part in one sitting. ``unit_id`` is the counterpart unit; its offices are united before."""

    unit_id: int
    mode: Mode


@dataclass(frozen=True)
class Sitting:
    """One conference of the cuộc, with what came of it.

    ``state`` and ``outcome`` are the conference's columns. ``duration`` is the actual one, ``vc_ran`` how much of it
    the video conference ran (all of it where another tool was used and somebody confirmed that).
    ``unnamed_in_person``: districts known by number only, as for secret matters.
    """

    starts: datetime
    state: str
    outcome: Outcome
    duration: timedelta
    vc_ran: timedelta
    districts: tuple[Seen, ...] = ()
    unnamed_in_person: int = 0
    evidence: Evidence = "auto"


def status_of(sittings: Sequence[Sitting]) -> Status:
    """The status of the whole from its sittings.

    Called-off and not-held sittings step back behind the others. While some took place and others are to come or wait
    for confirmation, the whole waits for confirmation.
    """
    each = Counter(_status(sitting) for sitting in sittings)
    if each["unconfirmed"] or (each["upcoming"] and (each["held"] or each["failed_online"])):
        return "unconfirmed"
    order: tuple[Status, ...] = ("upcoming", "held", "failed_online", "postponed", "not_held", "cancelled")
    return next(status for status in order if each[status])


def started_first(sittings: Sequence[Sitting]) -> datetime:
    """Of the first session that was not called off: a postponed cuộc counts on its new date."""
    live = [s.starts for s in sittings if _status(s) not in ("cancelled", "postponed", "not_held")]
    return min(live or [s.starts for s in sittings])


def forms(sittings: Iterable[Sitting], excluded: frozenset[int] = frozenset()) -> tuple[int, int]:
    """V and P: over districts and sittings, how often online and how often in person; absent and phone are neither."""
    v = p = 0
    for sitting in sittings:
        modes = Counter(seen.mode for seen in sitting.districts if seen.unit_id not in excluded)
        v += modes["online"]
        p += modes["in_person"] + sitting.unnamed_in_person
    return v, p


def ran_half(sittings: Iterable[Sitting]) -> bool:
    """Whether the video conference ran at least half of the actual duration, over all sittings together."""
    took = list(sittings)
    duration = sum((s.duration for s in took), timedelta(0))
    return duration > timedelta(0) and 2 * sum((s.vc_ran for s in took), timedelta(0)) >= duration


def is_over(sitting: Sitting) -> bool:
    """Ended by its state; what came of it is another question."""
    return sitting.state in ("ended", "recorded")


def _status(sitting: Sitting) -> Status:
    if sitting.state == "cancelled":
        return "cancelled"
    if sitting.state == "postponed":
        return "postponed"
    if not is_over(sitting):
        return "upcoming"
    return "unconfirmed" if sitting.outcome == "unknown" else sitting.outcome
