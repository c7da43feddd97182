"""How much longer a running conference may go on, and what stands in the way after that.

Asked under the locks of an extension it is the check that counts; anywhere else it is an answer to somebody who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from scheduler.booking.booking import Rules
from scheduler.booking.place.capacity import Amount, BridgeLimit, Load, fits_bridge
from scheduler.booking.place.capacity_queries import TakenAmount, list_bridge_amounts, list_line_amounts
from scheduler.booking.place.reservations import BRIDGE, KEYS, LINE, ROOM, Hold
from scheduler.booking.queries import list_taken
from scheduler.conduct.extension_queries import list_held, list_line_limits
from scheduler.errors import Full, Taken
from scheduler.local_time import local_day
from scheduler.models import Conference

Key = tuple[int, int]


@dataclass(frozen=True)
class RoomToExtend:
    """``latest``: the end that was told as the last possible one. Each of ``taken`` and ``full`` has the moment to
    which the conference may go on because of it. ``until``: the first of all these."""

    ends: datetime
    latest: datetime
    taken: tuple[tuple[datetime, Taken], ...] = ()
    full: tuple[tuple[datetime, Full], ...] = ()

    @property
    def until(self) -> datetime:
        return max(min([self.latest, *(at for at, _ in self.taken), *(at for at, _ in self.full)]), self.ends)

    @property
    def minutes(self) -> int:
        """The longest extension, whole minutes."""
        return int((self.until - self.ends).total_seconds()) // 60


@dataclass
class _Held:
    """One resource as the conference holds it: until when, and how much of it all its parts take."""

    ends: datetime
    amount: Amount = field(default_factory=Amount)


def to_the_end(rows: Iterable[Mapping[str, Any]], ends: datetime) -> list[dict[str, Any]]:
    """Those reservations that last as long as the conference; a site that was given back holds nothing to the end."""
    return [dict(row) for row in rows if row["ends"] >= ends]


def holds_of(rows: Iterable[Mapping[str, Any]], longer: timedelta = timedelta(0)) -> list[Hold]:
    """The same as holds, ``longer`` than they are, for their locks."""
    return [Hold(*_key(row), row["starts"], row["ends"] + longer) for row in rows]


def room_to_extend(db: Session, conference: Conference, rules: Rules) -> RoomToExtend:
    """As things stand; without writing anything."""
    held: dict[Key, _Held] = {}
    for row in to_the_end(list_held(db, conference.id), conference.ends):
        mine = held.setdefault(_key(row), _Held(row["ends"]))
        mine.amount += Amount(row["seats"], row["kbps_up"], row["kbps_down"])
    found = _Obstacles(db, conference, rules, held)
    return RoomToExtend(conference.ends, conference.latest_end, tuple(found.rooms()), (*found.lines(), *found.hosts()))


@dataclass
class _Obstacles:
    db: Session
    conference: Conference
    rules: Rules
    held: dict[Key, _Held]

    def rooms(self) -> list[tuple[datetime, Taken]]:
        mine, since = self._of(ROOM)
        if not mine:
            return []
        conference = self.conference
        taken = list_taken(
            self.db, list(mine), since, self._horizon(since), local_day(conference.starts), except_id=conference.id
        )
        return [(conference.ends + (max(one.starts, since) - since), one) for one in taken]

    def lines(self) -> list[tuple[datetime, Full]]:
        mine, since = self._of(LINE)
        limits = list_line_limits(self.db, list(mine))
        found = []
        for line_id, loads in self._loads(list_line_amounts, mine, since).items():
            name, limit = limits[line_id]
            if (full := full_line(line_id, name, limit.amount, mine[line_id].amount, loads, since)) is not None:
                found.append((self.conference.ends + (full[0] - since), full[1]))
        return found

    def hosts(self) -> list[tuple[datetime, Full]]:
        mine, since = self._of(BRIDGE)
        found = []
        for bridge_id, loads in self._loads(list_bridge_amounts, mine, since).items():
            limit = self.rules.bridge_limit(bridge_id)
            if (full := full_host(bridge_id, limit, mine[bridge_id].amount, loads, since)) is not None:
                found.append((self.conference.ends + (full[0] - since), full[1]))
        return found

    def _of(self, kind: int) -> tuple[dict[int, _Held], datetime]:
        """The resources of a kind by id, and from when on more of them is wanted: where buffers were cut, from the
        earliest end."""
        mine = {key[1]: one for key, one in self.held.items() if key[0] == kind}
        return mine, min((one.ends for one in mine.values()), default=self.conference.ends)

    def _horizon(self, since: datetime) -> datetime:
        """Up to where it could be held at most; a moment later than ``since`` in any case."""
        longest = self.conference.latest_end - self.conference.ends
        return since + max(longest, timedelta(minutes=1))

    def _loads(
        self, list_amounts: Callable[..., list[TakenAmount]], mine: Mapping[int, _Held], since: datetime
    ) -> dict[int, list[TakenAmount]]:
        if not mine:
            return {}
        day, until = local_day(self.conference.starts), self._horizon(since)
        found: dict[int, list[TakenAmount]] = {}
        for one in list_amounts(self.db, list(mine), since, until, day, except_id=self.conference.id):
            found.setdefault(one.resource_id, []).append(one)
        return found


def full_line(
    line_id: int, name: str, whole: Amount, amount: Amount, loads: Sequence[TakenAmount], since: datetime
) -> tuple[datetime, Full] | None:
    """From when on, not before ``since``, a line does not carry ``amount`` any more, and why; None when it does."""

    def lacks(taken: Amount) -> str:
        if taken.kbps_up + amount.kbps_up > whole.kbps_up:
            return "kbps_up"
        return "kbps_down" if taken.kbps_down + amount.kbps_down > whole.kbps_down else ""

    moment = full_from((one.load for one in loads), since, lambda taken: bool(lacks(taken)))
    if moment is None:
        return None
    taken = _at(loads, moment)
    measure = lacks(taken)
    free = getattr(whole, measure) - getattr(taken, measure)
    return moment, _full("line", line_id, name, measure, getattr(amount, measure), free, loads, moment)


def full_host(
    bridge_id: int, limit: BridgeLimit, amount: Amount, loads: Sequence[TakenAmount], since: datetime
) -> tuple[datetime, Full] | None:
    """The same of a video host."""
    moment = full_from((one.load for one in loads), since, lambda taken: not fits_bridge(limit, taken, amount))
    if moment is None:
        return None
    taken = _at(loads, moment)
    seats = limit.seats is not None and taken.seats + amount.seats > limit.seats
    measure, most = ("seats", limit.seats) if seats else ("kbps_up", limit.kbps)
    free = (most or 0) - getattr(taken, measure)
    return moment, _full("bridge", bridge_id, "", measure, getattr(amount, measure), free, loads, moment)


def full_from(loads: Iterable[Load], since: datetime, too_much: Callable[[Amount], bool]) -> datetime | None:
    """The first moment from ``since`` on at which what is taken leaves too little; None when there is none."""
    known = list(loads)
    moments = sorted({since, *(load.starts for load in known if load.starts > since)})
    return next((moment for moment in moments if too_much(_sum(known, moment))), None)


def _sum(loads: Iterable[Load], moment: datetime) -> Amount:
    return sum((load.amount for load in loads if load.starts <= moment < load.ends), Amount())


def _at(loads: Sequence[TakenAmount], moment: datetime) -> Amount:
    return _sum((one.load for one in loads), moment)


def _full(
    what: str, resource_id: int, name: str, measure: str, needed: int, free: int, loads: Sequence[TakenAmount],
    moment: datetime,
) -> Full:  # fmt: skip
    there = [one for one in loads if one.load.starts <= moment < one.load.ends]
    holders = tuple(dict.fromkeys(one.holder for one in there if one.holder))
    until = min((one.load.ends for one in there), default=None)
    return Full(what, resource_id, name, measure, needed, max(free, 0), holders, until)


def _key(row: Mapping[str, Any]) -> Key:
    return next((kind, row[column]) for kind, column in KEYS.items() if row[column] is not None)
