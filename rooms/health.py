"""How an endpoint's control link is: from when it was last heard to one word.

(pure) The link is not the conference: a device that the video host reports as joined is in the meeting even while its
control link is lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

LATE_AFTER = timedelta(seconds=60)
LOST_AFTER = timedelta(seconds=90)


class Link(StrEnum):
    """``never``: paired, and not heard since. ``unpaired``: the room has no paired device, or it was revoked."""

    UNPAIRED = "unpaired"
    NEVER = "never"
    ONLINE = "online"
    LATE = "late"
    LOST = "lost"


def link(*, paired: bool, last_seen: datetime | None, now: datetime) -> Link:
    """The state of the link at ``now``. Beats come every 25 s: late from 60 s of silence on, lost from 90 s on.

    A ``last_seen`` in the future, after the clock was set back, counts as just heard.
    """
    if not paired:
        return Link.UNPAIRED
    if last_seen is None:
        return Link.NEVER
    silence = now - last_seen
    if silence >= LOST_AFTER:
        return Link.LOST
    return Link.LATE if silence >= LATE_AFTER else Link.ONLINE
