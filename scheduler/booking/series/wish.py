"""A series as wished, and what stands in the way of its dates.  (pure)

A date is named by its original start: where the rule puts it, or its session of the list. It keeps that name wherever
it is moved to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from rooms.errors import FieldError, Invalid
from scheduler.booking.booking import Booking, GuestWish, Warning_
from scheduler.booking.place.expected import ShowRate
from scheduler.booking.series.recurrence import MOST_DATES, expand, parse_rule
from scheduler.booking.ways.sittings import Sitting, part_of
from scheduler.booking.ways.suggest import FreeTime
from scheduler.errors import Full, Taken

Counts = Literal["each", "once"]
Scope = Literal["following", "all"]
Choices = Mapping[datetime, datetime | None]
"""By original start: another start on which the date takes place for the same length, None when it is left out."""
_OF_A_DATE = ("starts", "ends", "clash_confirmed", "short_notice_reason")


@dataclass(frozen=True)
class SeriesWish:
    """``booking``: what each date is booked as; its own times are the first date. A rule (of recurrence.py), or a list
    of ``sessions`` (starts, ends), among them the first. What counts ``once`` is a list. ``sittings``: what sessions
    are booked as that are not all alike, by their starts: a training too large to sit at once."""

    booking: Booking
    counts: Counts = "each"
    rule: str | None = None
    sessions: tuple[tuple[datetime, datetime], ...] = ()
    sittings: Mapping[datetime, Booking] = field(default_factory=dict)


@dataclass(frozen=True)
class Wished:
    """One date about to be booked or changed. ``kept``: the conference that it is already; it is not in its own way.
    ``expected``: by which a new date of a series reserves seats; of one that is there it is looked up."""

    original: datetime
    booking: Booking
    kept: int = 0
    bridge_id: int | None = None
    expected: ShowRate | None = None


@dataclass(frozen=True)
class DateFinding:
    """``starts``, ``ends``: when it would take place. ``times``: other times of that day at which it would fit, where
    it does not. A warning "day_off" says that offices are closed on that day."""

    original: datetime
    starts: datetime
    ends: datetime
    left_out: bool = False
    errors: tuple[FieldError, ...] = ()
    taken: tuple[Taken, ...] = ()
    full: tuple[Full, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    times: tuple[FreeTime, ...] = ()

    @property
    def fits(self) -> bool:
        return self.left_out or not (self.errors or self.taken or self.full)

    def as_data(self) -> dict[str, Any]:
        """JSON values; times as ISO 8601 in UTC."""
        return {
            "original": self.original.isoformat(), "starts": self.starts.isoformat(), "ends": self.ends.isoformat(),
            "errors": [{"field": e.field, "code": e.code, "data": dict(e.data)} for e in self.errors],
            "taken": [_without_ids(t.as_data()) for t in self.taken],
            "full": [_without_ids(f.as_data()) for f in self.full],
        }  # fmt: skip


def _without_ids(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in ("id", "room_id")}


@dataclass(frozen=True)
class SeriesFindings:
    """``errors``: what is wrong with every date alike. ``dates`` in their order, also those left out."""

    dates: tuple[DateFinding, ...]
    errors: tuple[FieldError, ...] = field(default=())

    @property
    def fitting(self) -> int:
        """How many dates would be booked."""
        return sum(date.fits and not date.left_out for date in self.dates)

    @property
    def ok(self) -> bool:
        return not self.errors and all(date.fits for date in self.dates) and self.fitting > 0


def dates_of(wish: SeriesWish) -> list[tuple[datetime, Booking]]:
    """Original start and booking of every date, by time. Raises Invalid for the fields rule, sessions, counts, ends."""
    booking = wish.booking
    if wish.rule is not None:
        if wish.counts == "once":
            raise Invalid([FieldError("counts", "once_is_a_list")])
        length = booking.ends - booking.starts
        if length <= timedelta():
            raise Invalid([FieldError("ends", "before_start")])
        starts = expand(parse_rule(wish.rule), booking.starts)
        return [(at, replace(booking, starts=at, ends=at + length)) for at in starts]
    return list(_sessions(wish))


def _sessions(wish: SeriesWish) -> Iterator[tuple[datetime, Booking]]:
    sessions = sorted(wish.sessions)
    if not sessions:
        raise Invalid([FieldError("sessions", "required")])
    if len(sessions) > MOST_DATES:
        raise Invalid([FieldError("sessions", "too_many", {"max": MOST_DATES})])
    if len({starts for starts, _ in sessions}) < len(sessions):
        raise Invalid([FieldError("sessions", "duplicate")])
    if any(ends <= starts for starts, ends in sessions):
        raise Invalid([FieldError("sessions", "before_start")])
    for starts, ends in sessions:
        yield starts, replace(wish.sittings.get(starts, wish.booking), starts=starts, ends=ends)


def in_sittings(booking: Booking, sittings: Sequence[Sitting]) -> SeriesWish:
    """A wish cut into sittings that count once, by the fewest that fit (ways/sittings.py)."""
    by_start = {one.starts: part_of(booking, one, first=one is sittings[0]) for one in sittings}
    sessions = tuple((one.starts, one.ends) for one in sittings)
    return SeriesWish(by_start[sittings[0].starts], "once", sessions=sessions, sittings=by_start)


def chosen(dates: Iterable[tuple[datetime, Booking]], choices: Choices) -> list[Wished]:
    """The dates that take place, where they were put. Raises Invalid for a choice about a date that is not there."""
    known = list(dates)
    if unknown := set(choices) - {original for original, _ in known}:
        raise Invalid([FieldError("choices", "no_such_date", {"date": min(unknown).isoformat()})])
    return [Wished(at, moved(booking, choices.get(at, at))) for at, booking in known if choices.get(at, at) is not None]


def moved(booking: Booking, starts: datetime | None) -> Booking:
    """The same for as long from ``starts`` on."""
    if starts is None or starts == booking.starts:
        return booking
    return replace(booking, starts=starts, ends=starts + (booking.ends - booking.starts))


def wish_data(booking: Booking) -> dict[str, Any]:
    """What every date of a series is booked as, as JSON, in the form in which it is read back from its conferences."""
    data: dict[str, Any] = {k: v.strip() if isinstance(v, str) else v for k, v in asdict(booking).items()}
    for name in _OF_A_DATE:
        del data[name]
    data["title"] = " ".join(booking.title.split())
    data["chair_mail"] = (data["chair_mail"] or "").lower() or None
    if booking.form != "in_person":
        data |= {"in_person_reason": None, "in_person_note": ""}
    else:
        data["top_profile"] = ""
    for guest in data["guests"]:
        guest |= {"name": guest["name"].strip(), "mail": guest["mail"].strip().lower()}
    return data


def wish_at(data: Mapping[str, Any], starts: datetime, minutes: int) -> Booking:
    """The booking of one date."""
    names = {one.name for one in fields(Booking)} - set(_OF_A_DATE)
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in data.items() if n in names}
    values["seats"] = tuple((unit, room) for unit, room in data["seats"])
    values["guests"] = tuple(GuestWish(**guest) for guest in data["guests"])
    return Booking(**values, starts=starts, ends=starts + timedelta(minutes=minutes))


def minutes_of(booking: Booking) -> int:
    """How long it lasts, whole minutes."""
    return max(int((booking.ends - booking.starts).total_seconds() // 60), 1)


def merged(old: Booking, own: Booking, new: Booking) -> Booking:
    """``new`` with what a date had of its own, where it differs from the ``old`` series; its time as a whole."""
    kept = {
        one.name: getattr(own, one.name)
        for one in fields(Booking)
        if one.name not in _OF_A_DATE and _plain(getattr(own, one.name)) != _plain(getattr(old, one.name))
    }
    if (own.starts, own.ends) != (old.starts, old.ends):
        kept |= {"starts": own.starts, "ends": own.ends}
    return replace(new, **kept)


def differs(one: Booking, other: Booking) -> bool:
    """Whether two dates are more than two dates of the same."""
    return merged(one, other, one) != one


def _plain(value: Any) -> Any:
    return sorted(map(repr, value)) if isinstance(value, tuple) and value and not isinstance(value[0], int) else value


def common(findings: Sequence[DateFinding]) -> tuple[FieldError, ...]:
    """What is wrong with every date alike."""
    live = [finding for finding in findings if not finding.left_out]
    if len(live) < 2:
        return ()
    shared = set.intersection(*({(e.field, e.code) for e in finding.errors} for finding in live))
    return tuple(e for e in live[0].errors if (e.field, e.code) in shared and e.field not in ("starts", "ends"))
