"""What people call the state of a conference: from its state and columns to one word.

(pure) The states of ``moves.py`` drive the machine; what somebody sees also depends on the outcome and on the time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol, get_args

Standing = Literal[
    "draft", "pending", "scheduled", "approved", "invited", "ready", "live", "ended", "unconfirmed", "held",
    "failed_online", "not_held", "cancelled", "postponed", "displaced",
]  # fmt: skip
STANDINGS: tuple[Standing, ...] = get_args(Standing)

_BEFORE: dict[str, Standing] = {
    "draft": "draft", "pending": "pending", "provisioned": "ready", "cancelled": "cancelled", "postponed": "postponed",
}  # fmt: skip
_AFTER: dict[str, Standing] = {"held": "held", "failed_online": "failed_online", "not_held": "not_held"}


class Standable(Protocol):
    """What of a conference decides its standing."""

    @property
    def state(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def starts(self) -> datetime: ...
    @property
    def ends(self) -> datetime: ...
    @property
    def letter_number(self) -> str: ...
    @property
    def approved_at(self) -> datetime | None: ...


def standing(conference: Standable, now: datetime) -> Standing:
    """The one word for people.

    "live" is said of the time that was told to everybody: a video room where the first site waits is "ready", and one
    that stays open for its grace after the end has "ended". While facts are still awaited nothing is asked of anybody.
    "displaced" is for those who know that a request gave way and is asked about another time: not told by the row.
    Before, it is drafted, asked for, approved (where somebody had to), and invited to once its letter has a number.
    """
    state = conference.state
    if state == "planned":
        if conference.letter_number:
            return "invited"
        return "approved" if conference.approved_at is not None else "scheduled"
    if state in _BEFORE:
        return _BEFORE[state]
    if state == "open":
        if now < conference.starts:
            return "ready"
        return "live" if now < conference.ends else "ended"
    if conference.outcome in _AFTER:
        return _AFTER[conference.outcome]
    return "ended" if state == "ended" else "unconfirmed"


def wants_result(conference: Standable) -> bool:
    """Whether somebody has to say what came of it: it is recorded and the machine could not tell."""
    return conference.state == "recorded" and conference.outcome == "unknown"
