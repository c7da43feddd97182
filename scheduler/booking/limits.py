"""What the house's rules say of a wish: notice, lead, office hours, length.  (pure)

Every refusal carries the limit, who set it ("by", as the RuleBook says), and from or until when it would fit. Urgent
kinds are free of notice, office hours and quotas. Rules are asked as of the conference's day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from rooms.errors import FieldError
from scheduler.booking.booking import Booking, Rules, Warning_
from scheduler.local_time import instant, local_day
from scheduler.rulebook import Found
from scheduler.work_calendar import OfficeHours, WorkCalendar

MOST_COUNTED = 40  # working days; no rule asks for more


def rule(rules: Rules, what: str, booking: Booking, *, kind: bool = True) -> Found:
    """What the book says about this wish; ``kind`` False: for all kinds together."""
    return rules.book.found(
        what, kind=booking.kind if kind else None, unit_id=booking.host_unit_id, day=local_day(booking.starts)
    )


def is_urgent(booking: Booking, rules: Rules) -> bool:
    return rules.book.urgent(booking.kind, local_day(booking.starts))


def notice_days(now: datetime, starts: datetime, calendar: WorkCalendar) -> int:
    """Working days strictly between the day of booking and the day of the conference."""
    return calendar.working_days_between(local_day(now), local_day(starts), most=MOST_COUNTED)


def is_short_notice(booking: Booking, *, now: datetime, rules: Rules) -> bool:
    """Fewer working days than the rule asks for; urgent kinds are free of it."""
    if is_urgent(booking, rules):
        return False
    return notice_days(now, booking.starts, rules.calendar) < (rule(rules, "notice_days", booking).number or 0)


def notice_data(booking: Booking, *, now: datetime, rules: Rules) -> dict[str, Any]:
    """How much notice there is and should be, who says so, who may waive it, and from which day on it would fit."""
    found = rule(rules, "notice_days", booking)
    required = int(found.number or 0)
    day = local_day(now)
    for _ in range(required):
        day = rules.calendar.next_working_day(day)
    return {
        "days": notice_days(now, booking.starts, rules.calendar), "required": required, "by": found.by,
        "from": (day + timedelta(days=1)).isoformat(), "waiver_by": list(_waivers(booking, rules)),
    }  # fmt: skip


def _waivers(booking: Booking, rules: Rules) -> tuple[str, ...]:
    value = rule(rules, "waiver_by", booking).value
    return value if isinstance(value, tuple) else ()


def notice_errors(booking: Booking, *, now: datetime, rules: Rules) -> Iterator[FieldError]:
    """Too short: refused where the rule refuses; else a reason asks for the waiver."""
    if not is_short_notice(booking, now=now, rules=rules):
        return
    data = notice_data(booking, now=now, rules=rules)
    refuses = rule(rules, "notice_refuses", booking)
    if refuses.value is True:
        yield FieldError("starts", "notice_too_short", data | {"by": refuses.by})
    elif not (booking.short_notice_reason or "").strip():
        yield FieldError("short_notice_reason", "required", data)


def lead_errors(booking: Booking, *, now: datetime, rules: Rules) -> Iterator[FieldError]:
    """Less than the least minutes from now; holds for urgent kinds too, which a rule may let start at once."""
    found = rule(rules, "lead_minutes", booking)
    earliest = now + timedelta(minutes=int(found.number or 0))
    if now < booking.starts < earliest:
        rounded = _next_minute(earliest)
        data = {"minutes": found.number, "by": found.by, "from": rounded.isoformat()}
        yield FieldError("starts", "lead_too_short", data)


def _next_minute(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def hours_errors(booking: Booking, *, rules: Rules) -> Iterator[FieldError]:
    """Outside office hours, where a rule refuses that."""
    refuses = rule(rules, "hours_refuse", booking)
    if refuses.value is True and is_outside_hours(booking, rules):
        yield FieldError("starts", "outside_hours", hours_data(booking, rules) | {"by": refuses.by})


def is_outside_hours(booking: Booking, rules: Rules) -> bool:
    """Whether a sitting that is not urgent begins or ends when offices are closed; the midday break is not minded."""
    if is_urgent(booking, rules):
        return False
    spans = rules.calendar.spans_on(local_day(booking.starts))
    return not spans or booking.starts < spans[0][0] or booking.ends > spans[-1][1]


def hours_data(booking: Booking, rules: Rules) -> dict[str, Any]:
    """The opening of the day, or of the next working day when it is a day off."""
    day = local_day(booking.starts)
    off = not rules.calendar.is_working(day)
    day = rules.calendar.next_working_day(day) if off else day
    spans = rules.calendar.spans_on(day)
    return {"from": spans[0][0].isoformat(), "until": spans[-1][1].isoformat(), "day_off": off}


def length_errors(booking: Booking, *, rules: Rules) -> Iterator[FieldError]:
    """Longer than the house lets any sitting last, or than the kind may."""
    hours = rule(rules, "longest_hours", booking)
    limit = timedelta(hours=float(hours.number or 0))
    if booking.ends - booking.starts > limit:
        until = (booking.starts + limit).isoformat()
        yield FieldError("ends", "too_long_sitting", {"hours": hours.number, "by": hours.by, "until": until})
        return
    days = rule(rules, "longest_working_days", booking)
    if days.number is None:
        return
    allowed = half_day(booking.starts, rules.calendar) * (2 * float(days.number))
    if worked(booking.starts, booking.ends, rules.calendar) > allowed:
        data = {"days": days.number, "hours": allowed.total_seconds() / 3600, "by": days.by}
        until = _latest_end(booking.starts, allowed, rules.calendar).isoformat()
        yield FieldError("ends", "too_long_for_kind", data | {"until": until, "kind": booking.kind})


def warnings(booking: Booking, *, now: datetime, rules: Rules) -> list[Warning_]:
    """What the booker should know: short notice, a sitting while offices are closed."""
    found = []
    if is_short_notice(booking, now=now, rules=rules):
        found.append(Warning_("short_notice", notice_data(booking, now=now, rules=rules)))
    if booking.ends > booking.starts and is_outside_hours(booking, rules):
        found.append(Warning_("outside_hours", hours_data(booking, rules)))
    return found


def half_day(at: datetime, calendar: WorkCalendar) -> timedelta:
    """The longer of the two sessions of office hours: what half a working day may take (QĐ 45/2018/QĐ-TTg)."""
    hours = calendar.hours_on(local_day(at))
    return max(_between(*hours.morning), _between(*hours.afternoon))


def worked(starts: datetime, ends: datetime, calendar: WorkCalendar) -> timedelta:
    """How long a sitting is without the midday breaks, and without the nights when it lasts several days."""
    total, day, last = timedelta(), local_day(starts), local_day(ends)
    several = day != last
    while day <= last:
        hours = calendar.hours_on(day)
        opens, closes = _day_of(hours) if several else (time.min, None)
        begins = max(starts, instant(day, opens))
        finishes = min(ends, instant(day, closes)) if closes else ends
        noon = _overlap(begins, finishes, instant(day, hours.morning[1]), instant(day, hours.afternoon[0]))
        total += max(finishes - begins - noon, timedelta())
        day += timedelta(days=1)
    return total


def _latest_end(starts: datetime, allowed: timedelta, calendar: WorkCalendar) -> datetime:
    """When a sitting that begins then has to end on its day."""
    hours = calendar.hours_on(local_day(starts))
    noon, after = instant(local_day(starts), hours.morning[1]), instant(local_day(starts), hours.afternoon[0])
    ends = starts + allowed
    return ends if ends <= noon or starts >= after else ends + (after - max(starts, noon))


def _day_of(hours: OfficeHours) -> tuple[time, time]:
    return hours.morning[0], hours.afternoon[1]


def _between(opens: time, closes: time) -> timedelta:
    return timedelta(hours=closes.hour - opens.hour, minutes=closes.minute - opens.minute)


def _overlap(starts: datetime, ends: datetime, since: datetime, until: datetime) -> timedelta:
    return max(min(ends, until) - max(starts, since), timedelta())
