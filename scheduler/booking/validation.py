"""Whether a wish makes sense by itself and by the rules, every wrong field at once.  (pure)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from rooms.errors import FieldError
from scheduler.booking.booking import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    MOST_GUESTS,
    MOST_ROOMS,
    Booking,
    Rules,
    Warning_,
)
from scheduler.kinds import FORMS, find_kind, find_reason, needs_reason
from scheduler.local_time import local_day

_MAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
)

_UNSHOWN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_shown(text: str) -> bool:
    """Whether a text holds nothing but what can be stored and read: no control signs, nothing that turns the direction
    of what stands beside it, no halves of signs. Zero-width signs that come with pasting are let through."""
    return _UNSHOWN.search(text) is None


def is_mail(address: str) -> bool:
    """Whether ``address`` (lower case) can be written into an invitation: plain ASCII, a dot in the domain."""
    return len(address) <= 254 and ".." not in address and _MAIL.fullmatch(address) is not None


def notice_days(now: datetime, starts: datetime) -> int:
    """Working days (Monday to Friday) strictly between the day of booking and the day of the conference."""
    day, last, count = local_day(now) + timedelta(days=1), local_day(starts), 0
    while day < last and count < 30:
        count += day.weekday() < 5
        day += timedelta(days=1)
    return count


def field_errors(booking: Booking, *, now: datetime, rules: Rules, draft: bool = False) -> list[FieldError]:
    """What is wrong with ``booking``, field by field; a draft may be incomplete but not nonsensical."""
    errors = list(_texts(booking))
    errors += _times(booking, now=now, rules=rules, draft=draft)
    errors += _places(booking, rules=rules, draft=draft)
    errors += _people(booking)
    if not draft:
        errors += _declarations(booking, now=now, rules=rules)
    return errors


def warnings(booking: Booking, *, now: datetime, rules: Rules) -> list[Warning_]:
    """What the booker should know: short notice, a start within the opening time."""
    if is_short_notice(booking, now=now, rules=rules):
        return [Warning_("short_notice", {"days": notice_days(now, booking.starts), "required": rules.min_notice_days})]
    return []


def is_short_notice(booking: Booking, *, now: datetime, rules: Rules) -> bool:
    """Fewer working days than the rule asks for; urgent kinds are free of it."""
    kind = find_kind(booking.kind)
    if kind is not None and kind.urgent:
        return False
    return notice_days(now, booking.starts) < rules.min_notice_days


def _texts(booking: Booking) -> Iterator[FieldError]:
    title = booking.title.strip()
    if len(title) < 3:
        yield FieldError("title", "too_short", {"min": 3})
    if len(title) > LONGEST_TITLE:
        yield FieldError("title", "too_long", {"max": LONGEST_TITLE})
    if find_kind(booking.kind) is None:
        yield FieldError("kind", "unknown_value")
    if booking.form not in FORMS:
        yield FieldError("form", "unknown_value")
    for name, limit in (
        ("chair_name", 200), ("chair_title", 200), ("contact_name", 200), ("contact_phone", 40), ("letter_number", 60),
        ("note", LONGEST_NOTE), ("in_person_note", 500),
    ):  # fmt: skip
        if len(getattr(booking, name)) > limit:
            yield FieldError(name, "too_long", {"max": limit})
    for name in (
        "title", "chair_name", "chair_title", "contact_name", "contact_phone", "letter_number", "note",
        "short_notice_reason", "in_person_note",
    ):  # fmt: skip
        if not is_shown(getattr(booking, name) or ""):
            yield FieldError(name, "not_text")


def _times(booking: Booking, *, now: datetime, rules: Rules, draft: bool) -> Iterator[FieldError]:
    if booking.ends <= booking.starts:
        yield FieldError("ends", "before_start")
    elif booking.ends - booking.starts > timedelta(hours=rules.longest_hours):
        yield FieldError("ends", "too_long_sitting", {"hours": rules.longest_hours})
    if not draft and booking.starts <= now:
        yield FieldError("starts", "in_the_past")
    if booking.starts > now + timedelta(days=rules.horizon_days):
        yield FieldError("starts", "too_far_ahead", {"days": rules.horizon_days})


def _places(booking: Booking, *, rules: Rules, draft: bool) -> Iterator[FieldError]:
    if not draft and not booking.room_ids:
        yield FieldError("sites", "required")
    if len(booking.room_ids) > MOST_ROOMS:
        yield FieldError("sites", "too_many", {"max": MOST_ROOMS})
    if len(set(booking.room_ids)) != len(booking.room_ids):
        yield FieldError("sites", "duplicate")
    if len(booking.unit_ids) > MOST_ROOMS:
        yield FieldError("units", "too_many", {"max": MOST_ROOMS})
    if len(set(booking.unit_ids)) != len(booking.unit_ids):
        yield FieldError("units", "duplicate")
    if not draft and booking.has_video and not rules.bridges:
        yield FieldError("form", "no_video_host")


def _people(booking: Booking) -> Iterator[FieldError]:
    if len(booking.guests) > MOST_GUESTS:
        yield FieldError("guests", "too_many", {"max": MOST_GUESTS})
    seen: set[str] = set()
    for number, guest in enumerate(booking.guests):
        mail = guest.mail.strip().lower()
        if not guest.name.strip():
            yield FieldError(f"guests.{number}.name", "required")
        elif len(guest.name) > 200:
            yield FieldError(f"guests.{number}.name", "too_long", {"max": 200})
        elif not is_shown(guest.name):
            yield FieldError(f"guests.{number}.name", "not_text")
        if not is_mail(mail):
            yield FieldError(f"guests.{number}.mail", "not_a_mail_address")
        elif mail in seen:
            yield FieldError(f"guests.{number}.mail", "duplicate")
        seen.add(mail)
    if booking.chair_mail and not is_mail(booking.chair_mail.strip().lower()):
        yield FieldError("chair_mail", "not_a_mail_address")


def _declarations(booking: Booking, *, now: datetime, rules: Rules) -> Iterator[FieldError]:
    if not booking.no_secrets:
        yield FieldError("no_secrets", "required")
    reason = (booking.short_notice_reason or "").strip()
    if len(reason) > 500:
        yield FieldError("short_notice_reason", "too_long", {"max": 500})
    elif not reason and is_short_notice(booking, now=now, rules=rules):
        yield FieldError("short_notice_reason", "required", {"required": rules.min_notice_days})
    yield from in_person_errors(booking.kind, booking.form, booking.in_person_reason, booking.in_person_note)


def in_person_errors(kind_code: str, form: str, reason_code: str | None, note: str) -> Iterator[FieldError]:
    """A counted kind held in person says why; some reasons want a sentence."""
    kind = find_kind(kind_code)
    if kind is None or not needs_reason(kind, form):
        return
    if not reason_code:
        yield FieldError("in_person_reason", "required")
        return
    reason = find_reason(reason_code)
    if reason is None:
        yield FieldError("in_person_reason", "unknown_value")
    elif reason.needs_note and not note.strip():
        yield FieldError("in_person_note", "required")
