"""What a conference's page says of its approval and its letter. Nothing writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.requests import is_own, question_views
from scheduler.booking.approving.official_letter import Numbered
from scheduler.booking.approving.official_queries import find_letter_of
from scheduler.booking.approving.queries import list_approvals
from scheduler.booking.booking import Rules
from scheduler.models import Conference


def official_view(
    db: Session, conference: Conference, actor: Actor, words: Phrases, *, now: datetime, rules: Rules
) -> dict[str, Any]:
    """``questions``: everything asked about it; ``decides``: this person may answer now; ``own``: but asked for it;
    ``letter``: as recorded, with how it is shown; ``purges``: this person may take its file out."""
    approvals, letter = list_approvals(db, conference.id), find_letter_of(db, conference.counted_with)
    questions = question_views(db, approvals, actor, words, now)
    return {
        "questions": questions, "decides": any(question.mine for question in questions),
        "own": is_own(db, conference, actor, approvals, rules), "letter": letter,
        "letter_shown": Numbered(letter.number, letter.symbol, letter.issued).shown if letter else "",
        "purges": may(actor, Permission.LETTER_PURGE),
    }  # fmt: skip
