"""One room's device as people see it: its link from what was heard last, and whether it needs somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rooms.fleet_queries import FleetRow
from rooms.health import Link, link
from rooms.hub import Hub
from scheduler.conduct.next_queries import NextSitting

TROUBLE = (Link.LATE, Link.LOST, Link.NEVER)
IN_MEETING = "in_meeting"


@dataclass(frozen=True)
class Device:
    """``shown``: the link's word, or in_meeting while the device says that it is in one."""

    row: FleetRow
    link: Link
    last_seen: datetime | None
    version: str
    in_meeting: bool
    coming: NextSitting | None

    @property
    def trouble(self) -> bool:
        return self.link in TROUBLE


def device(row: FleetRow, hub: Hub, coming: NextSitting | None, *, now: datetime) -> Device:
    """The hub knows the present, the row what was written last."""
    heard = hub.last_seen(row.endpoint_id) if row.endpoint_id is not None else None
    connection = hub.find(row.endpoint_id) if row.endpoint_id is not None else None
    last_seen = max((at for at in (heard, row.last_seen) if at is not None), default=None)
    state = link(paired=row.paired_at is not None, last_seen=last_seen, now=now)
    beat = connection.beat if connection else None
    version = (connection.app if connection else "") or row.app_version or ""
    return Device(row, state, last_seen, version, bool(beat and beat.state == IN_MEETING), coming)
