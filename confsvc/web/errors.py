"""The edge where problems get words, in English as message ids.

A new problem: add its code to TEXTS (and to statuses.py when its class does not say it), its Vietnamese to
locale/vi/errors.po. A test finds codes without words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from confsvc.web import plan_errors
from confsvc.web.error_words import filled
from confsvc.web.full_words import full_text as full_text
from confsvc.web.statuses import STATUS_BY_CLASS
from rooms.errors import FieldError, Invalid, Problem
from scheduler.errors import NoCapacity, NoExtension, RoomTaken
from scheduler.local_time import LOCAL

TEXTS: dict[str, str] = {
    "problem": "This cannot be done.",
    "invalid": "Some fields are not right.",
    "not_found": "There is no such page or thing, or it is not yours to see.",
    "not_allowed": "Your functions do not allow this.",
    "room_taken": "A room is taken at that time.",
    "no_capacity": "A line or the video host is full at that time.",
    "series_blocked": "Some dates of the series do not fit. Choose for each: another time, or leave it out.",
    "still_booked": "Meetings are booked there: they stay booked, confirm it first.",
    "gives_way": "Other meetings would have to give way: confirm it first.",
    "too_late": "It is too late for this.",
    "not_asked": "You are not asked about this, or it has been answered.",
    "own_request": "You asked for this yourself, so somebody else decides.",
    "letter_taken": "This number and symbol of that year belong to the letter of another meeting.",
    "no_extension": "It cannot go on for %(minutes)s minutes more; %(longest)s minutes fit.",
    "wrong_move": "The meeting's state does not allow this.",
    "stale": "Somebody else changed it in the meantime. Look at it again, then repeat your change.",
    "too_many_attempts": "Too many tries to sign in. Wait %(minutes)s minutes.",
    "too_many_tries": "Too many tries. Wait %(after)s seconds.",
    "malformed": "The request cannot be read.",
    "not_signed_in": "Sign in first.",
    "sign_in_wrong": "The login or the password is wrong.",
    "cross_site": "The request did not come from a page of this service. Reload the page and try again.",
    "method_not_allowed": "This address does not take that kind of request.",
    "gone": "This is no longer there.",
    "too_large": "The request is too large.",
    "media_type": "The content must be sent as %(wanted)s.",
    "key_reused": "The Idempotency-Key was already used for another request.",
    "internal": "Something went wrong on our side. It has been noted under the number below.",
    "unavailable": "The service is not available for a moment. Try again.",
    "not_acceptable": "None of the asked-for forms can be given.",
    "expectation": "The expectation of the request cannot be met.",
    "admin_exists": "There is an administrator already.",
    "last_admin": "At least one administrator must remain.",
    "link_void": "This link has been used or has run out.",
    "account_not_found": "There is no such account.",
    "grant_not_found": "There is no such grant.",
    "token_not_found": "There is no such token.",
    "scope_missing": "The token does not have this scope.",
    "too_many_addresses": "There are %(max)s addresses already. Put one out of use first.",
    "too_many_tokens": "An account holds %(max)s tokens at most. Revoke one first.",
}

FIELD_TEXTS: dict[str, str] = {
    "rule_form": "Write the rule as NAME=VALUE;NAME=VALUE, each name once: %(allowed)s.",
    "rule_part": "%(part)s cannot be used like this. Allowed: %(allowed)s.",
    "rule_end": "Say either how many times (COUNT) or until when (UNTIL).",
    "rule_start": "The first date is not one of the rule.",
    "rule_length": "A series lasts %(years)s years and has %(max)s dates at most.",
    "once_is_a_list": "What counts once is a list of sessions, without a rule.",
    "no_such_date": "The series has no such date.",
    "none_left": "No date is left to be booked.",
    "too_few_recorded": "At least %(least)s dates have to be recorded before.",
    "list_times": "Sessions of a list are moved one by one.",
    "required": "Fill this in.",
    "too_short": "At least %(min)s characters.",
    "too_long": "At most %(max)s characters.",
    "too_many": "At most %(max)s entries.",
    "too_few": "At least %(min)s entries.",
    "unknown_value": "There is no such value here.",
    "unknown_field": "There is no such field.",
    "no_such_unit": "There is no such office on that day.",
    "no_such_room": "There is no such room in use on that day.",
    "not_over_yet": "This is not over yet.",
    "nothing_chosen": "No booked meeting is among the chosen.",
    "others_now": "Other meetings than were shown would be postponed now: look again.",
    "too_long_ago": "At most %(years)s years ago.",
    "out_of_range": "From %(low)s to %(high)s.",
    "above": "This is larger than %(other)s.",
    "not_text": "This contains signs that cannot be shown.",
    "not_one_of": "There is no such value here.",
    "not_mail": "This is not a mail address.",
    "not_phone": "This is not a telephone number.",
    "unknown": "There is no such thing.",
    "no_such_delegation": "There is no such delegation.",
    "twice": "This is here twice.",
    "circle": "This unit is its own superior.",
    "differs": "This differs from what is there.",
    "same": "This is the same as before.",
    "before": "This lies before what it follows.",
    "later_exists": "There is a later change already.",
    "hours_overlap": "Other office hours hold from %(first)s to %(last)s; end those first.",
    "outside_life": "The office did not exist on that day.",
    "not_wanted": "Leave this empty.",
    "not_a_code": "This is not a code: letters, digits, and . _ - after the first.",
    "not_a_share": "Write a share, for example 70 %.",
    "missing_column": "This column is missing.",
    "unknown_column": "There is no such column.",
    "wrong_count": "This number does not fit.",
    "too_many_rows": "At most %(max)s entries.",
    "not_csv": "This is not a table of values separated by commas.",
    "not_utf8": "The file is not in UTF-8.",
    "too_large": "This is too large.",
    "unknown_version": "This version is not known.",
    "choose_form": "Choose a form.",
    "choose_mode": "Say how they attended.",
    "time_form": "Write a time of 24 hours, for example 14:30.",
    "whole_number": "Write a whole number.",
    "room_booked": "Meetings are booked in this room.",
    "room_taken": "A room is taken at that time.",
    "duplicate": "This is here twice.",
    "before_start": "The end comes before the start.",
    "too_long_sitting": "A sitting lasts %(hours)s hours at most. %(fits)s",
    "in_the_past": "This time has passed.",
    "too_far_ahead": "At most %(days)s days ahead.",
    "no_video_host": "No video host is configured: nothing can be held online.",
    "not_a_mail_address": "This is not a mail address.",
    "not_a_time": "Write a time with its zone, for example 2027-01-05T08:00:00+07:00.",
    "not_a_date": "Write a date, for example 2027-01-05.",
    "not_a_number": "Write a number.",
    "not_a_text": "Write a text.",
    "not_a_list": "Write a list.",
    "not_an_object": "Write an object with fields.",
    "not_yes_or_no": "Write true or false.",
    "too_small": "At least %(min)s.",
    "too_great": "At most %(max)s.",
    "pattern": "This does not have the right form.",
    "wrong": "This value is not right.",
    "taken": "This is already in use.",
    "login_signs": "2 to 60 characters: a to z, digits, and . _ @ - after the first.",
    "password_short": "At least %(min)s characters.",
    "password_easy": "This password is too easy to guess.",
    "password_wrong": "This is not the present password.",
    "password_differs": "The two passwords differ.",
    "oneself": "Nobody is a substitute for oneself.",
    "not_within": "Within %(days)s days from now.",
    "fixed": "This cannot be changed afterwards.",
    "cursor": "This is not a cursor that was given out.",
    "version": "Say which version you saw, in the field version or in If-Match.",
    "span_too_long": "At most %(days)s days at once.",
    "notice_too_short": "Only %(days)s working days' notice; at least %(required)s are wanted (%(by)s). %(fits)s",
    "lead_too_short": "At least %(minutes)s minutes from now are wanted (%(by)s). %(fits)s",
    "outside_hours": "Only within office hours (%(by)s). Offices are open from %(from)s until %(until)s.",
    "too_long_for_kind": "A meeting of this kind lasts at most %(days)s working days, that is %(hours)s hours "
    "(%(by)s). %(fits)s",
    "over_quota_count_week": "%(used)s meetings are booked in that week, of at most %(limit)s (%(by)s; %(kind)s). "
    "%(fits)s",
    "over_quota_count_month": "%(used)s meetings are booked in that month, of at most %(limit)s (%(by)s; %(kind)s). "
    "%(fits)s",
    "over_quota_hours_week": "%(used)s hours are booked in that week, of at most %(limit)s; this takes %(wanted)s "
    "(%(by)s; %(kind)s). %(fits)s",
    "over_quota_hours_month": "%(used)s hours are booked in that month, of at most %(limit)s; this takes %(wanted)s "
    "(%(by)s; %(kind)s). %(fits)s",
    "not_pdf": "This is not a PDF file.",
    "marked_secret": "The file is marked MẬT, TỐI MẬT or TUYỆT MẬT. State secrets must not come onto this system.",
    "letter_number": "Write the number alone: digits, perhaps a letter after them.",
    "letter_symbol": "Write the symbol alone, for example GM-UBND.",
    "no_links": "No address of a page may stand here: letters are filed and forwarded.",
    "letter_authority": "Each line begins with TM., KT., TL., TUQ. or Q., for example KT. GIÁM ĐỐC.",
    "academic_title": "Write the name without academic titles.",
    "in_the_future": "This day is still to come.",
    "too_old": "This is too long ago.",
    "quarters": "Write quarters: 0.25, 0.5, 0.75 or whole.",
    "already_ended": "It ends earlier than that already.",
    "no_end": "Say until which day, or how many times.",
    "one_end": "Either until a day or a number of times, not both.",
    "session_form": "Line %(line)s (%(text)s): write day/month/year, and two times where they differ.",
    "no_draft": "What repeats is not saved as a draft: book it, or choose that it does not repeat.",
    "not_an_address": "This is not an address that can be called: https://name/path, no user or password in it.",
    "https_wanted": "Only https, unless the configuration allows this host.",
    "private_address": "This address is inside the house; the configuration does not allow it.",
    "in_force": "This rule is or was in force; end it instead.",
}

WARNING_TEXTS: dict[str, str] = {
    "day_off": "Offices are closed on this day.",
    "person_clash": "%(name)s sits in a meeting of %(unit)s from %(starts)s until %(ends)s.",
    "short_notice": "Only %(days)s working days' notice; %(required)s are wanted (%(by)s). Say why. %(fits)s",
    "outside_hours": "Offices are closed for some of this time.",
    "no_trial": "The trial run does not fit from %(starts)s until %(ends)s: the meeting is booked without it.",
}

TAKEN_TEXT = "%(room)s is held by %(unit)s from %(starts)s until %(ends)s."

TEXTS |= plan_errors.TEXTS
FIELD_TEXTS |= plan_errors.FIELD_TEXTS


def text_of(problem: Problem, language: str) -> str:
    """What to tell a person about a problem as a whole."""
    message = TEXTS.get(problem.code) or next(
        (TEXTS[kind.code] for kind, _ in STATUS_BY_CLASS if isinstance(problem, kind)), TEXTS["problem"]
    )
    said = filled(message, language, problem.data)
    more: list[str] = []
    if isinstance(problem, NoExtension) and problem.latest is not None:
        more = [filled(LATEST_END, language, {"latest": _local(problem.latest.isoformat())})]
    if isinstance(problem, (RoomTaken, NoExtension)):
        more += [taken_text(taken.as_data(), language) for taken in problem.taken[:5]]
    if isinstance(problem, (RoomTaken, NoCapacity, NoExtension)):
        more += [full_text(full, language) for full in problem.full[:5]]
    return " ".join([said, *more])


LATEST_END = "The video host closes it at %(latest)s at the latest, as it was told when it was booked."


def field_text(error: FieldError, language: str) -> str:
    """What to tell a person about one wrong field."""
    return filled(FIELD_TEXTS.get(error.code, FIELD_TEXTS["wrong"]), language, error.data)


def field_texts(problem: Problem, language: str) -> dict[str, str]:
    """Field name to text, in the order found, for the forms of pages; the first error of a field counts."""
    if not isinstance(problem, Invalid):
        return {"": text_of(problem, language)}
    found: dict[str, str] = {}
    for error in problem.errors:
        found.setdefault(error.field, field_text(error, language))
    return found


def warning_text(code: str, data: Mapping[str, Any], language: str) -> str:
    """What to tell about a warning, times in the province's."""
    shown = {name: _local(data[name]) for name in ("starts", "ends") if name in data}
    return filled(WARNING_TEXTS.get(code, code), language, {**data, **shown})


def taken_text(taken: Mapping[str, Any], language: str) -> str:
    """Who holds a room until when, in the province's time; ``taken`` as ``Taken.as_data`` gives it."""
    shown = {name: _local(taken[name]) for name in ("starts", "ends")}
    return filled(TAKEN_TEXT, language, {"room": taken["room"], "unit": taken["unit"] or "?", **shown})


def _local(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")
