"""Everything that is told outside by other ways than mail, as one part of a process: its doors, and what feeds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from confsvc.calls import Calls
from confsvc.channels import calling, ways_of
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.jobs import Round
from confsvc.webhooks import delivering, read_all, webhook_feed
from scheduler.drain import Handler
from scheduler.telling.feed import Feed
from scheduler.telling.urgent import URGENT, tell_urgent


@dataclass(frozen=True)
class Outside:
    """``doors``: effect kind to function. ``feeds``: what owes these effects, before each drain."""

    doors: dict[str, Handler]
    feeds: tuple[Round, ...]
    calls: Calls

    async def aclose(self) -> None:
        await self.calls.aclose()


def open_outside(settings: Settings, database: Database, *, now: Callable[[], datetime]) -> Outside:
    """Webhooks always; what is urgent only where a second channel is configured, else nobody reads for it."""
    calls = Calls(settings.outside.allowed, ca_file=settings.outside.ca_file)
    ways = ways_of(settings.channels, settings.service.operator_phone)
    doors: dict[str, Handler] = {
        "webhook": delivering(database, calls, settings.service_key, now=now),
        **calling(database, calls, ways, now=now),
    }
    feeds: list[Round] = [webhook_feed(database)]
    if ways.any:
        feeds.append(urgent_feed(database))
    return Outside(doors, tuple(feeds), calls)


def urgent_feed(database: Database) -> Round:
    """Reads what happened since the last time and owes what of it is urgent."""
    feed = Feed(URGENT, tell_urgent)

    async def read(now: datetime) -> None:
        await read_all(database, feed, now)

    return read
