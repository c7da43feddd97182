"""The steps of a plan's import after its file was read: the table, booking some rows at a time, the result.

Booking goes on from request to request by itself, and may be left and taken up again: no row is booked twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Permission
from confsvc.plan_booking import PART as JUDGED_PART
from confsvc.plan_booking import Answer, Asking, book_line, find_booked, judge_lines
from confsvc.plan_files import Line, pack
from confsvc.web import keys
from confsvc.web.pages.choices import Places, load_places
from confsvc.web.pages.form_errors import error_texts
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.plan_words import RowView, counts_of, row_view
from confsvc.web.rendering import render
from rooms.errors import FieldError, NotAllowed, Problem
from scheduler.booking.plan_import import FITS, SHORT, SoFar, Verdict
from scheduler.local_time import local_day

if TYPE_CHECKING:
    from confsvc.web.pages.plan_import import Sent

PART = 15
"""Rows that are booked in one request."""
_STANDING = {"draft": "draft", "pending": "pending"}
_AT_ROWS = {"row": "Choose at least one row.", "short_notice_reason": "Some chosen rows come at short notice: say why."}


async def _judge(request: web.Request, lines: Sequence[Line], asking: Asking) -> tuple[dict[int, Verdict], Places]:
    """Part by part, so that others are served in between."""
    database, so_far, found = request.app[keys.DATABASE], SoFar(), dict[int, Verdict]()
    now, rules = keys.now(request), keys.rules(request)
    places = await database.read(load_places, asking.actor, Permission.CONFERENCE_BOOK, local_day(now))
    for at in range(0, len(lines), JUDGED_PART):
        part = lines[at : at + JUDGED_PART]
        verdicts = await database.read(judge_lines, part, so_far, asking, now=now, rules=rules)
        found |= {verdict.number: verdict for verdict in verdicts}
    return found, places


async def preview(request: web.Request, sent: Sent, errors: Sequence[FieldError] = ()) -> web.Response:
    """The table of all rows, or of those that cannot be booked."""
    words = Phrases(request[keys.LANGUAGE])
    verdicts, places = await _judge(request, sent.lines, sent.asking)
    chosen = {n for n, v in verdicts.items() if v.bookable} if sent.chosen is None else sent.chosen
    rows = [row_view(line, verdicts[line.number], places, words, chosen=line.number in chosen) for line in sent.lines]
    only = sent.act == "problems"
    shown = [row for row in rows if not only or not verdicts[row.number].bookable]
    texts = error_texts(errors, words)
    texts |= {name: words.say(said) for name, said in _AT_ROWS.items() if name in texts}
    return render(
        request, "plan_rows.html", status=422 if errors else 200, w=words, rows=shown, only=only, errors=texts,
        hidden=[row.number for row in rows if row.chosen and row not in shown], counts=counts_of(verdicts),
        total=len(rows), short=[n for n, v in verdicts.items() if v.code == SHORT], **_carried(sent),
    )  # fmt: skip


def _carried(sent: Sent) -> dict[str, Any]:
    return {"data": pack(sent.lines), "asking": sent.asking, "unused": sent.unused}


async def book(request: web.Request, sent: Sent) -> web.Response:
    """The next rows, each a unit of work of its own; refused ones are said at the end."""
    database, now, rules = request.app[keys.DATABASE], keys.now(request), keys.rules(request)
    wanted = sent.wanted
    for line in wanted[sent.after : sent.after + PART]:
        try:
            await database.write(book_line, line, sent.asking, now=now, rules=rules)
        except NotAllowed:
            raise
        except Problem:
            continue  # what stands in its way is read anew for the result
    done = min(sent.after + PART, len(wanted))
    if done >= len(wanted):
        return await _result(request, sent)
    return render(
        request, "plan_progress.html", w=Phrases(request[keys.LANGUAGE]), done=done, total=len(wanted),
        wanted=[line.number for line in wanted], **_carried(sent),
    )  # fmt: skip


async def _result(request: web.Request, sent: Sent) -> web.Response:
    words, asking = Phrases(request[keys.LANGUAGE]), sent.asking
    answers = await request.app[keys.DATABASE].read(_answers, sent.wanted, asking)
    left = [line for line in sent.wanted if line.number not in answers]
    verdicts, places = await _judge(request, left, asking)
    failed = [row_view(line, verdicts[line.number], places, words, chosen=False) for line in left]
    booked = [
        (line, answers[line.number], words.standing(_STANDING.get(answers[line.number].state, "scheduled")))
        for line in sent.wanted
        if line.number in answers
    ]
    return render(
        request, "plan_result.html", w=words, failed=[_honest(row, asking, words) for row in failed], booked=booked,
        **_carried(sent),
    )  # fmt: skip


def _honest(row: RowView, asking: Asking, words: Phrases) -> RowView:
    """It was refused a moment ago: what looks free now was given up in between."""
    if row.code != FITS and (row.code != SHORT or not asking.reason):
        return row
    said = words.say("It was refused when it was booked. Look at the rows again.")
    return replace(row, badge=("lost", words.say("Not booked")), says=(said,))


def _answers(db: Session, lines: Sequence[Line], asking: Asking) -> dict[int, Answer]:
    found = {line.number: find_booked(db, line, asking) for line in lines}
    return {number: answer for number, answer in found.items() if answer is not None}
