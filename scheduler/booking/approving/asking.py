"""Whoever decides is told that something waits: owed with the request itself, and once more before it falls back.

(pure) Who holds the function, and where he reads his mail, is known only when it is told: a deputy may have come
meanwhile. What was decided or withdrawn by then is told to nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from scheduler.booking.approving.needs import Need

ASKED, WAITING = "asked", "waiting"
"""Kinds of effects: one question to one function; one mail to somebody who holds it, about all that waits for him."""
REMIND_BEFORE = timedelta(hours=24)
SHORTEST_WAIT = timedelta(hours=6)
"""No reminder comes sooner after the question."""


def asked_rows(
    conference_id: int, needs: Sequence[Need], *, starts: datetime, hold_until: datetime | None, now: datetime
) -> list[dict[str, Any]]:
    """Effects: at once, and a day before the request falls back (at its start, or where its letter is waited for)."""
    falls = max(falls_back(starts, hold_until), now + timedelta(minutes=1))
    moments = [now]
    if falls - REMIND_BEFORE >= now + SHORTEST_WAIT:
        moments.append(falls - REMIND_BEFORE)
    token = secrets.token_hex(8)
    return [
        {
            "kind": ASKED, "key": f"asked:{conference_id}:{need.function}:{token}:{n}",
            "chain": f"asked:{conference_id}:{need.function}:{n}", "conference_id": conference_id,
            "payload": {"function": need.function, "asked": now.isoformat(), "remind": bool(n)},
            "state": "owed", "due": due, "expires": falls, "created": now,
        }
        for need in needs
        for n, due in enumerate(moments)
    ]  # fmt: skip


def falls_back(starts: datetime, hold_until: datetime | None) -> datetime:
    """When a request that nobody decides on becomes a draft again."""
    return min(starts, hold_until) if hold_until else starts


def waiting_chain(account: int) -> str:
    """Mails to one person leave one after the other."""
    return f"waiting:{account}"
