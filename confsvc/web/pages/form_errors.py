"""What the forms say at a wrong field, where a general sentence would not help."""

from __future__ import annotations

from collections.abc import Iterable

from confsvc.web.errors import field_text
from confsvc.web.pages.phrases import Phrases
from rooms.errors import FieldError

_AT_FIELD: dict[tuple[str, str], str] = {
    ("title", "too_short"): "Write a title of at least %(min)s characters.",
    ("kind", "required"): "Choose the kind of meeting.",
    ("kind", "unknown_value"): "Choose the kind of meeting.",
    ("host", "required"): "Choose the host office.",
    ("title", "too_long"): "The title has at most %(max)s characters.",
    ("date", "required"): "Write the day.",
    ("start", "required"): "Write when it begins.",
    ("end", "required"): "Write when it ends.",
    ("start", "room_taken"): "A room is taken at that time: see “Is it possible?”.",
    ("start", "no_capacity"): "A line or the video host is full at that time: see “Is it possible?”.",
    ("start", "gives_way"): "Look at who would have to give way, choose what is asked, and confirm.",
    ("start", "in_the_past"): "The start has passed.",
    ("end", "before_start"): "The end must be after the start.",
    ("sites", "required"): "Choose at least one site.",
    ("dates", "series_blocked"): "Some dates do not fit: see “Is it possible?”.",
    ("until", "out_of_range"): "Write the day as day/month/year, for example 05/01/2027.",
    ("times", "out_of_range"): "From %(low)s to %(high)s.",
    ("units", "required"): "Choose the offices that came.",
    ("template_name", "required"): "Write a name for the template.",
    ("template_name", "too_long"): "The name has at most %(max)s characters.",
    ("template_name", "taken"): "Your office has a template of this name: take another, or tick to replace it.",
    ("template_name", "too_many"): "Your office has %(max)s templates: delete one first.",
    ("clash_confirmed", "required"): "%(names)s would sit in two meetings at once: confirm that this is known.",
    ("no_secrets", "required"): "Confirm that no state secrets will be spoken of.",
    ("short_notice_reason", "required"): "Fewer than %(required)s working days ahead: say why.",
    ("in_person_reason", "required"): "Say why this meeting is held in person.",
    ("in_person_note", "required"): "Explain this reason in a sentence.",
    ("reason", "required"): "Say why.",
    ("reason_note", "required"): "Explain this reason in a sentence.",
    ("outcome", "unknown_value"): "Choose what came of it.",
    ("guests", "not_a_mail_address"): "Line %(line)s (%(text)s): there is no usable mail address.",
    ("guests", "duplicate"): "Line %(line)s (%(text)s): this address is here twice.",
    ("guests", "required"): "Line %(line)s (%(text)s): the name is missing.",
    ("guests", "too_long"): "Guests: too long.",
}
_BY_CODE = {
    "choose_form": "Choose how it is held: the kind of meeting does not decide it.",
    "day_form": "Write the day as day/month/year, for example 05/01/2027.",
    "time_form": "Write the time as 14:30.",
    "no_such_room": "One of the rooms is not in use on that day.",
    "no_such_unit": "One of the offices does not exist on that day.",
    "no_such_delegation": "This office does not take part.",
    "not_over_yet": "Only a meeting that is over can be registered here; book one that is to come.",
    "too_long_ago": "At most %(years)s years back.",
    "out_of_range": "This is outside of what is possible.",
    "rule_start": "This day is none of those on which it repeats: choose another way to repeat.",
    "choose_mode": "Say how %(unit)s attended.",
    "whole_number": "Write a whole number.",
}


def error_texts(errors: Iterable[FieldError], words: Phrases) -> dict[str, str]:
    """Field to text, the first error of each, in the order found."""
    found: dict[str, str] = {}
    for error in errors:
        found.setdefault(error.field, _text(error, words))
    return found


def _text(error: FieldError, words: Phrases) -> str:
    message = _AT_FIELD.get((error.field, error.code)) or _BY_CODE.get(error.code)
    if message is None:
        return field_text(error, words.language)
    return words.say(message, **{"line": "?", "text": "?", **error.data})
