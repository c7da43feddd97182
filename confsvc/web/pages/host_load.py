"""How full the video hosts are in the coming days, for the operators' page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.web.pages.sight import sight_of
from scheduler.booking.booking import Rules
from scheduler.booking.place.capacity import BridgeLimit
from scheduler.booking.place.closure_queries import list_closable
from scheduler.booking.place.load import DayLoad, day_loads
from scheduler.booking.place.load_queries import list_bridge_parts
from scheduler.local_time import instant, local_day

DAYS = 5


@dataclass(frozen=True)
class HostLoad:
    """A video host with its booked peaks, day by day."""

    name: str
    limit: BridgeLimit
    days: Sequence[DayLoad]


def host_loads(db: Session, actor: Actor, rules: Rules, *, now: datetime) -> list[HostLoad]:
    """Today and the next days, for every host in use."""
    first, sight = local_day(now), sight_of(actor)
    since, until = instant(first), instant(first + timedelta(days=DAYS))
    return [
        HostLoad(
            name, rules.bridge_limit(bridge_id),
            day_loads(list_bridge_parts(db, bridge_id, since, until, sight), first, DAYS, "seats"),
        )
        for bridge_id, name in list_closable(db)[1]
    ]  # fmt: skip
