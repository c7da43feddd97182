"""The rows of a plan in words: what would become of each, why, and what leads out.  (pure)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confsvc.plan_files import Line
from confsvc.plan_words import HEADINGS
from confsvc.web.errors import full_text, taken_text, warning_text
from confsvc.web.pages.choices import Places
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.ways import address, carried
from confsvc.web.pages.wish import typed_of
from rooms.errors import FieldError
from scheduler.booking.plan_import import FITS, SHORT, TAKEN, THERE, TWICE, WRONG, Verdict

BADGES: dict[str, tuple[str, str]] = {
    FITS: ("confirmed", "Can be booked"), SHORT: ("late", "Short notice"), TAKEN: ("lost", "Taken"),
    WRONG: ("lost", "To be corrected"), THERE: ("done", "Is there already"), TWICE: ("done", "Twice in the file"),
}  # fmt: skip
"""Tone and label of a verdict."""
_COLUMN = {
    "starts": "start", "ends": "end", "host_unit_id": "host", "chair_mail": "chair", "chair_name": "chair",
    "chair_title": "chair", "letter_number": "letter", "in_person_reason": "reason", "in_person_note": "reason",
    "units": "sites", "seats": "sites", "clash_confirmed": "chair",
}  # fmt: skip
MOST_SAID = 3


@dataclass(frozen=True)
class RowView:
    """One row of the table. ``says``: what stands in the way and what to do; ``form``: the address of the booking form
    with everything filled in; ``way``: the time it is filled in with, where that is another."""

    number: int
    code: str
    when: str
    title: str
    about: str
    badge: tuple[str, str]
    says: tuple[str, ...]
    key: str = ""
    form: str = ""
    way: str = ""
    choosable: bool = False
    chosen: bool = False


def row_view(line: Line, verdict: Verdict, places: Places, words: Phrases, *, chosen: bool) -> RowView:
    booking, fields = verdict.booking, line.fields
    when = f"{fields.get('date', '')}, {fields.get('start', '')}–{fields.get('end', '')}"
    about = fields.get("sites", "")
    if booking is not None:
        host = places.unit_by_id.get(booking.host_unit_id)
        sites = words.say("%(count)s sites", count=len(booking.room_ids))
        when, about = words.headed(words.span(booking.starts, booking.ends)), f"{host.short if host else ''} · {sites}"
    form, way = _form(verdict, places, words)
    tone, label = BADGES[verdict.code]
    return RowView(
        line.number, verdict.code, when, fields.get("title", "–"), about[:200], (tone, words.say(label)),
        tuple(reasons_of(verdict, words)), verdict.key, form, way, verdict.savable, chosen,
    )  # fmt: skip


def _form(verdict: Verdict, places: Places, words: Phrases) -> tuple[str, str]:
    """The booking form with this row, at the time that is free where there is one."""
    booking = verdict.booking
    if booking is None or verdict.code not in (TAKEN, WRONG):
        return "", ""
    typed = typed_of(booking, places)
    moved = typed.moved_to(verdict.way.starts) if verdict.way else typed
    pairs = [*carried(moved), ("day", moved.date), ("start", moved.start), ("end", moved.end)]
    way = words.headed(words.span(verdict.way.starts, verdict.way.ends)) if verdict.way else ""
    return address("/book", [(name, value) for name, value in pairs if name != "guests"]), way


def reasons_of(verdict: Verdict, words: Phrases) -> list[str]:
    """Sentences, the first that count."""
    if verdict.code == WRONG:
        return field_sentences(verdict.errors, words)
    if verdict.code == THERE:
        return [words.say("The office has a meeting of this title at this time already.")]
    if verdict.code == TWICE:
        return [words.say("The same as row %(row)s.", row=verdict.row)]
    if verdict.code == SHORT:
        return [warning_text("short_notice", verdict.notice, words.language)]
    said = [words.say("Row %(row)s of this file comes first there.", row=verdict.row)] if verdict.row else []
    said += [taken_text(taken.as_data(), words.language) for taken in verdict.taken]
    said += [full_text(full, words.language) for full in verdict.full]
    more = len(said) - MOST_SAID
    return said[:MOST_SAID] + ([words.say("and %(count)s more", count=more)] if more > 0 else [])


def field_sentences(errors: Sequence[FieldError], words: Phrases) -> list[str]:
    """ "Column: what is wrong with it"; a trouble of the whole row stands alone."""
    renamed = [FieldError(_column(error.field), error.code, error.data) for error in errors]
    texts = error_texts(renamed, words)
    return [f"{words.say(HEADINGS[name])}: {said}" if name in HEADINGS else said for name, said in texts.items()]


def _column(name: str) -> str:
    head = name.partition(".")[0]
    return _COLUMN.get(head, head)


def counts_of(verdicts: Mapping[int, Verdict]) -> dict[str, int]:
    """How many there are of each."""
    found = dict.fromkeys(BADGES, 0)
    for verdict in verdicts.values():
        found[verdict.code] += 1
    return found
