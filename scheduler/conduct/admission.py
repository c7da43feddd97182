"""May this video room open? The answer to the video host's question, from what was booked and the time alone.

(pure) A refusal sticks at the video host for up to 90 s, so we admit a little before the room opens; and what it is
told about the length is never asked again, so the answer lasts to the latest end and we end the room ourselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from scheduler.timing import Timing, spans

CODES = ("not_booked", "too_early", "too_late", "cancelled", "not_online")


class Asked(Protocol):
    """The conference that a room's name belongs to; see ``queries.Asked``."""

    @property
    def key(self) -> str: ...
    @property
    def generation(self) -> int: ...
    @property
    def current(self) -> bool: ...
    @property
    def state(self) -> str: ...
    @property
    def form(self) -> str: ...
    @property
    def starts(self) -> datetime: ...
    @property
    def ends(self) -> datetime: ...
    @property
    def booked_ends(self) -> datetime: ...
    @property
    def opens(self) -> datetime: ...
    @property
    def latest_end(self) -> datetime: ...


@dataclass(frozen=True)
class Admit:
    """Yes. ``reservation_id`` is URL-safe; ``duration`` counts from ``starts``, the booked start."""

    reservation_id: str
    starts: datetime
    duration: timedelta


@dataclass(frozen=True)
class Deny:
    """No. ``code``: one of CODES; ``opens``: when it would be yes, for "too_early"."""

    code: str
    opens: datetime | None = None


def decide(asked: Asked | None, now: datetime, timing: Timing) -> Admit | Deny:
    """Admit from ``opens`` − admission_early until ends + grace while the conference stands, whatever rooms came and
    went before; after our own end never again.

    A conference that the loop has not provisioned yet is admitted by its times: the answer must not wait for a tick.
    """
    if asked is None or asked.state in ("draft", "pending"):
        return Deny("not_booked")
    if asked.state in ("cancelled", "postponed"):
        return Deny("cancelled")
    if asked.form == "in_person":
        return Deny("not_online")
    ends_grace = spans(asked.starts, asked.ends, timing, booked_ends=asked.booked_ends).ends_grace
    if asked.state in ("ended", "recorded") or now >= ends_grace:
        return Deny("too_late")
    if not asked.current:
        return Deny("not_booked")
    if now < asked.opens - timedelta(minutes=timing.admission_early):
        return Deny("too_early", asked.opens)
    return Admit(f"{asked.key}-{asked.generation}", asked.starts, asked.latest_end - asked.starts)
