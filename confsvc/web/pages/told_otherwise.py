"""What was told of a conference by other ways than its letters, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.telling.urgent_queries import list_sent

CHANNELS = {"reminder": "By mail", "sms": "Short message", "alarm": "Other system"}
WHATS = {
    "remind_day": "Reminder the day before", "remind_60": "Reminder 60 minutes before",
    "remind_15": "Reminder 15 minutes before", "emergency": "Urgent meeting", "displaced": "Gave way to an emergency",
    "cancelled": "Cancelled or postponed", "moved": "New time", "soon": "Reminder 15 minutes before",
}  # fmt: skip
STATES = {
    "owed": ("waiting", "Waiting to be sent"), "leased": ("waiting", "Waiting to be sent"),
    "done": ("confirmed", "Sent"), "needless": ("done", "No longer needed"), "superseded": ("done", "No longer needed"),
    "expired": ("lost", "Not delivered"), "dead": ("lost", "Not delivered"),
}  # fmt: skip
_ORDER = ("done", "owed", "leased", "dead", "expired", "needless", "superseded")


@dataclass(frozen=True)
class ToldOtherwise:
    """One piece of news by one channel: how many messages in each state, the last time, and who was not reached."""

    channel: str
    what: str
    counts: tuple[tuple[str, str, int], ...]
    at: datetime | None
    failed: tuple[tuple[str, str], ...]


def told_otherwise(db: Session, conference_id: int) -> list[ToldOtherwise]:
    """The newest first."""
    grouped: dict[tuple[str, str], list[int]] = {}
    sent = list_sent(db, conference_id)
    for number, one in enumerate(sent):
        grouped.setdefault((one.channel, one.what), []).append(number)
    found = []
    for (channel, what), numbers in grouped.items():
        rows = [sent[number] for number in numbers]
        counts = [(*STATES[state], sum(row.state == state for row in rows)) for state in _ORDER]
        failed = [(row.to, row.error or "") for row in rows if row.state in ("dead", "expired")]
        at = max((row.settled for row in rows if row.settled), default=None)
        found.append(
            ToldOtherwise(
                CHANNELS[channel], WHATS[what], tuple(one for one in counts if one[2]), at, tuple(failed[:20])
            )
        )
    return found
