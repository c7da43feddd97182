"""How much an office may book: by number and by hours, a week and a month, of all kinds together and of one kind.

A limit of all kinds counts everything that the host has booked; one that names a kind counts that kind. Weeks are
Monday to Sunday in the province. Nothing is read when no rule limits the host. Where one does, whoever books takes the
office's lock together with those of rooms and lines and counts again under it (``Plan.counted``, holding.py): two
bookings at the same moment never both get the last free place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from rooms.errors import FieldError
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.limits import is_urgent, rule
from scheduler.local_time import instant, local_day
from scheduler.rule_queries import list_host_sittings
from scheduler.rule_whats import LIMITED
from scheduler.rulebook import Found

LOOK_AHEAD = 8  # periods in which "it would fit from" is looked for
_HOUR = timedelta(hours=1)
Held = list[tuple[str, datetime, datetime]]


@dataclass(frozen=True)
class _Limit:
    """``kind``: the kind whose sittings are counted, None for all."""

    what: str
    most: float
    by: str
    kind: str | None

    @property
    def by_hours(self) -> bool:
        return "hours" in self.what

    @property
    def monthly(self) -> bool:
        return self.what.endswith("month")


def quota_errors(
    db: Session, booking: Booking, *, rules: Rules, except_id: int = 0, besides: Sequence[Booking] = ()
) -> list[FieldError]:
    """What would go beyond the host's limits, each with limit, who set it, what is used, and the day from which on it
    would fit (None: not within the next periods). ``besides``: dates of its series that are not written yet."""
    if booking.ends <= booking.starts or rules.book.named.isdisjoint(LIMITED) or is_urgent(booking, rules):
        return []
    limits = _limits(booking, rules)
    if not limits:
        return []
    first = min(_period(local_day(booking.starts), limit.monthly)[0] for limit in limits)
    last = max(_later(local_day(booking.starts), limit.monthly, LOOK_AHEAD)[1] for limit in limits)
    held = list_host_sittings(db, booking.host_unit_id, instant(first), instant(last), except_id=except_id)
    held += [(one.kind, one.starts, one.ends) for one in besides]
    return list(_exceeded(booking, limits, held))


def is_limited(booking: Booking, rules: Rules) -> bool:
    """Whether some rule limits how much the host of this wish books."""
    free = rules.book.named.isdisjoint(LIMITED) or is_urgent(booking, rules)
    return not free and bool(_limits(booking, rules))


def _limits(booking: Booking, rules: Rules) -> list[_Limit]:
    return [
        _Limit(what, float(found.number), found.by, kind)
        for what in LIMITED
        for found, kind in _asked(what, booking, rules)
        if found.number is not None
    ]


def _asked(what: str, booking: Booking, rules: Rules) -> Iterator[tuple[Found, str | None]]:
    """The limit of all kinds together, and the one that names this kind where there is one."""
    yield rule(rules, what, booking, kind=False), None
    special = rule(rules, what, booking)
    if special.row is not None and special.row.kind is not None:
        yield special, booking.kind


def _exceeded(booking: Booking, limits: Iterable[_Limit], held: Held) -> Iterator[FieldError]:
    wanted_hours = (booking.ends - booking.starts) / _HOUR
    for limit in limits:
        wanted = wanted_hours if limit.by_hours else 1
        used = _used(held, limit, _period(local_day(booking.starts), limit.monthly))
        if used + wanted <= limit.most:
            continue
        yield FieldError(
            "starts", f"over_{limit.what}",
            {
                "limit": limit.most, "used": used, "wanted": wanted, "by": limit.by, "kind": limit.kind,
                "from": _fits_from(booking, limit, held, wanted),
            },
        )  # fmt: skip


def _used(held: Held, limit: _Limit, period: tuple[date, date]) -> float:
    since, until = instant(period[0]), instant(period[1])
    counted = [(s, e) for kind, s, e in held if since <= s < until and (limit.kind is None or kind == limit.kind)]
    return sum((e - s) / _HOUR for s, e in counted) if limit.by_hours else len(counted)


def _fits_from(booking: Booking, limit: _Limit, held: Held, wanted: float) -> str | None:
    for ahead in range(1, LOOK_AHEAD):
        period = _later(local_day(booking.starts), limit.monthly, ahead)
        if _used(held, limit, period) + wanted <= limit.most:
            return period[0].isoformat()
    return None


def _period(day: date, monthly: bool) -> tuple[date, date]:
    """First day of the week or month of ``day``, and of the next one."""
    if not monthly:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _later(day: date, monthly: bool, periods: int) -> tuple[date, date]:
    period = _period(day, monthly)
    for _ in range(periods):
        period = _period(period[1], monthly)
    return period
