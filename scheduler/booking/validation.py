"""Whether a wish makes sense by itself and by the rules, every wrong field at once.  (pure)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from rooms.errors import FieldError
from rooms.fields import is_mail
from scheduler.booking.booking import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    MOST_GUESTS,
    MOST_ROOMS,
    Booking,
    Rules,
)
from scheduler.booking.limits import hours_errors, is_short_notice, lead_errors, length_errors, notice_errors, warnings
from scheduler.kinds import CHAIR_LEVELS, FORMS, find_kind, find_reason
from scheduler.local_time import local_day

__all__ = ["field_errors", "in_person_errors", "is_short_notice", "is_shown", "warnings"]

_UNSHOWN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_shown(text: str) -> bool:
    """Whether a text holds nothing but what can be stored and read: no control signs, nothing that turns the direction
    of what stands beside it, no halves of signs. Zero-width signs that come with pasting are let through."""
    return _UNSHOWN.search(text) is None


def field_errors(
    booking: Booking, *, now: datetime, rules: Rules, draft: bool = False, moved: bool = True
) -> list[FieldError]:
    """What is wrong with ``booking``, field by field; a draft may be incomplete but not nonsensical. ``moved`` False:
    it stands booked with this kind and time, which are not judged again."""
    errors = list(_texts(booking))
    errors += _times(booking, now=now, rules=rules, draft=draft, moved=moved)
    errors += _places(booking, rules=rules, draft=draft)
    errors += _people(booking)
    if not draft:
        errors += _declarations(booking, rules=rules)
    if not draft and moved and booking.starts > now:
        errors += lead_errors(booking, now=now, rules=rules)
        errors += hours_errors(booking, rules=rules)
        errors += notice_errors(booking, now=now, rules=rules)
    return errors


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
    if booking.chair_level not in CHAIR_LEVELS:
        yield FieldError("chair_level", "unknown_value")
    for name, limit in (
        ("chair_name", 200), ("chair_title", 200), ("contact_name", 200), ("contact_phone", 40), ("letter_number", 60),
        ("note", LONGEST_NOTE), ("in_person_note", 500), ("chair_for", 200), ("chair_consent", 200),
        ("verbal_order", 200),
    ):  # fmt: skip
        if len(getattr(booking, name)) > limit:
            yield FieldError(name, "too_long", {"max": limit})
    for name in (
        "title", "chair_name", "chair_title", "contact_name", "contact_phone", "letter_number", "note",
        "short_notice_reason", "in_person_note", "chair_for", "chair_consent", "verbal_order",
    ):  # fmt: skip
        if not is_shown(getattr(booking, name) or ""):
            yield FieldError(name, "not_text")


def _times(booking: Booking, *, now: datetime, rules: Rules, draft: bool, moved: bool) -> Iterator[FieldError]:
    if booking.ends <= booking.starts:
        yield FieldError("ends", "before_start")
    elif moved:
        yield from length_errors(booking, rules=rules)
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


def _declarations(booking: Booking, *, rules: Rules) -> Iterator[FieldError]:
    if not booking.no_secrets:
        yield FieldError("no_secrets", "required")
    if booking.chair_for.strip() and not booking.chair_consent.strip():
        yield FieldError("chair_consent", "required")
    reason = (booking.short_notice_reason or "").strip()
    if len(reason) > 500:
        yield FieldError("short_notice_reason", "too_long", {"max": 500})
    kind = rules.book.kind_on(booking.kind, local_day(booking.starts))
    if kind is not None and kind.counts and booking.form == "in_person":
        yield from in_person_errors(booking.in_person_reason, booking.in_person_note)


def in_person_errors(reason_code: str | None, note: str) -> Iterator[FieldError]:
    """A counted kind held in person says why: managers need that to raise the share; some reasons want a sentence."""
    if not reason_code:
        yield FieldError("in_person_reason", "required")
        return
    reason = find_reason(reason_code)
    if reason is None:
        yield FieldError("in_person_reason", "unknown_value")
    elif reason.needs_note and not note.strip():
        yield FieldError("in_person_note", "required")
