"""Which conferences would have to give way to a wish, and what becomes of each.  (pure)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scheduler.models import Conference

IMMINENT = timedelta(minutes=15)
"""What starts sooner than this, or runs, gives way only after a second confirmation."""
MOST_UNASKED = 3
"""More conferences than this give way only after one confirmation more."""
END, SITES_OUT = "end", "sites_out"
BEFORE_OPEN = ("pending", "planned", "provisioned")
GIVING = (*BEFORE_OPEN, "open")


@dataclass(frozen=True)
class Consent:
    """What was confirmed. ``keys``: the conferences that were shown; ``choices``: for those that run or start soon,
    "end" or "sites_out" (they go on without the rooms in question); ``many``: that there are many."""

    keys: frozenset[str] = frozenset()
    choices: Mapping[str, str] = field(default_factory=dict)
    many: bool = False


NO_CONSENT = Consent()


@dataclass(frozen=True)
class Rival:
    """A conference of lower rank in the way. ``room_ids``: the rooms that it would lose, none when it only shares a
    line or a host; ``main_room_id``: of its main site."""

    conference: Conference
    rank: int
    sites: int
    people: int
    room_ids: tuple[int, ...]
    main_room_id: int | None

    def choices(self, now: datetime) -> tuple[str, ...]:
        """What has to be chosen from, the first as the least harmful; nothing when it simply gives way."""
        conference = self.conference
        if conference.state != "open" and conference.starts - now >= IMMINENT:
            return ()
        whole = not self.room_ids or self.main_room_id in self.room_ids or len(self.room_ids) >= self.sites
        return (END,) if whole or conference.state == "pending" else (SITES_OUT, END)

    def choice(self, consent: Consent | None, now: datetime) -> str:
        """What was chosen for it; "" when it simply gives way. Without a consent: the first choice."""
        choices = self.choices(now)
        if not choices or consent is None:
            return next(iter(choices), "")
        return consent.choices.get(self.conference.key, "")


@dataclass(frozen=True)
class GaveWay:
    """One line of the preview and of the result. ``outcome``: "asked" (a time is held, its host is asked) or one of
    ``displacement_models.OUTCOMES``."""

    key: str
    unit: str
    starts: datetime
    ends: datetime
    rooms: tuple[str, ...]
    sites: int
    people: int
    choices: tuple[str, ...]
    outcome: str
    alternative: tuple[datetime, datetime] | None = None
    answer_until: datetime | None = None

    def as_data(self) -> dict[str, Any]:
        """JSON values; times as ISO 8601 in UTC."""
        starts, ends = self.alternative or (None, None)
        return {
            "key": self.key, "unit": self.unit, "starts": self.starts.isoformat(), "ends": self.ends.isoformat(),
            "rooms": list(self.rooms), "sites": self.sites, "people": self.people, "choices": list(self.choices),
            "outcome": self.outcome, "alternative_starts": starts.isoformat() if starts else None,
            "alternative_ends": ends.isoformat() if ends else None,
            "answer_until": self.answer_until.isoformat() if self.answer_until else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Preview:
    """Everybody who gives way, and how many sites and people hear of it."""

    ways: tuple[GaveWay, ...] = ()

    @property
    def sites(self) -> int:
        return sum(way.sites for way in self.ways)

    @property
    def people(self) -> int:
        return sum(way.people for way in self.ways)

    @property
    def many(self) -> bool:
        return len(self.ways) > MOST_UNASKED

    def missing(self, consent: Consent) -> list[str]:
        """What is still to be confirmed: "keys" that were not shown, "choices" not made, "many"."""
        keys = any(way.key not in consent.keys for way in self.ways)
        choices = any(way.choices and consent.choices.get(way.key) not in way.choices for way in self.ways)
        many = self.many and not consent.many
        return [name for name, lacks in (("keys", keys), ("choices", choices), ("many", many)) if lacks]

    def as_data(self) -> dict[str, Any]:
        return {
            "displaced": [way.as_data() for way in self.ways], "sites": self.sites, "people": self.people,
            "many": self.many,
        }  # fmt: skip
