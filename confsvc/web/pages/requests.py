"""Requests that wait, as whoever decides looks at them: what is asked, what is in the way, what the host did before.

Nothing writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.approving import deciders
from confsvc.web.errors import full_text
from confsvc.web.pages.actors import list_actor_names
from confsvc.web.pages.phrases import Phrases
from scheduler.booking.approving.models import Approval
from scheduler.booking.approving.needs import holds_while_pending, may_approve_own
from scheduler.booking.approving.queries import History, find_history, list_approvals, list_rivals
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.book import check
from scheduler.booking.booking import Rules
from scheduler.booking.limits import notice_days
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.name_queries import list_short_names

LOOKED_BACK = timedelta(days=365)


@dataclass(frozen=True)
class Question:
    """One question and its answer in words; ``verdict`` "" while it is open. ``mine``: this person may answer it."""

    function: str
    why: str
    asked: str
    verdict: str
    answer: str
    reason: str
    mine: bool


@dataclass(frozen=True)
class RequestView:
    """One request. ``own``: the person asked for it, so somebody else decides; ``stops``: what stands in the way now,
    so that it cannot be approved; ``rivals``: other requests for its rooms, which are answered when it is approved."""

    conference: Conference
    host: str
    when: str
    sites: int
    asked_by: str
    questions: list[Question]
    own: bool
    holding: bool
    notice: int
    stops: list[str]
    clashes: int
    rivals: list[tuple[str, str, str]]
    history: History

    @property
    def mine(self) -> bool:
        return any(question.mine for question in self.questions)


def question_views(
    db: Session, approvals: Sequence[Approval], actor: Actor, words: Phrases, now: datetime
) -> list[Question]:
    """Everything ever asked about one conference, the last round last."""
    people = {one.asked_by for one in approvals} | {one.by for one in approvals if one.by}
    names = list_actor_names(db, people | {one.for_by for one in approvals if one.for_by}, words)
    mine = deciders(actor, approvals)
    found = []
    for one in approvals:
        answer = names.get(one.by or "", "")
        if one.for_by:
            answer = words.say("%(name)s for %(absent)s", name=answer, absent=names[one.for_by])
        if one.decided is not None:
            answer = f"{answer}, {words.near(one.decided, now)}"
        found.append(
            Question(
                function=words.headed(words.asked_function(one.function)), why=words.asked_reasons(one.reasons),
                asked=f"{names[one.asked_by]}, {words.near(one.asked, now)}", verdict=one.verdict or "", answer=answer,
                reason=_reason(one, words), mine=one.id in mine,
            )
        )  # fmt: skip
    return found


def _reason(one: Approval, words: Phrases) -> str:
    return words.change_reason("answered", one.reason or "") if one.verdict == "answered" else one.reason or ""


def is_own(db: Session, conference: Conference, actor: Actor, approvals: Sequence[Approval], rules: Rules) -> bool:
    """Whether the person, or whoever he stands in for, asked for it and the rule leaves the answer to others."""
    mine = deciders(actor, approvals)
    asked = any(one.decided is None and one.asked_by in (actor.text, mine.get(one.id)) for one in approvals)
    return asked and not may_approve_own(conference.host_unit_id, local_day(conference.starts), rules)


def request_view(
    db: Session, conference: Conference, actor: Actor, words: Phrases, *, now: datetime, rules: Rules
) -> RequestView:
    """One request with everything that speaks for or against it."""
    approvals, booking = list_approvals(db, conference.id), booking_of(db, conference)
    findings = check(db, booking, now=now, rules=rules, except_id=conference.id)
    day = local_day(conference.starts)
    rivals = list_rivals(db, conference)
    names = list_short_names(db, [(conference.host_unit_id, day), *((one.host_unit_id, day) for one in rivals)])
    stops = [
        words.say("%(room)s: %(unit)s until %(time)s", room=one.room, unit=one.unit or "?",
                  time=words.near(one.ends, conference.starts))
        for one in findings.taken
    ]  # fmt: skip
    open_ones = [one for one in approvals if one.decided is None]
    questions = question_views(db, open_ones, actor, words, now)
    return RequestView(
        conference=conference, host=names.get((conference.host_unit_id, day), ""),
        when=words.span(conference.starts, conference.ends), sites=len(booking.room_ids),
        asked_by=questions[0].asked if questions else "", questions=questions,
        own=is_own(db, conference, actor, approvals, rules), holding=holds_while_pending(booking, rules),
        notice=notice_days(now, conference.starts, rules.calendar),
        stops=stops + [full_text(one, words.language) for one in findings.full],
        clashes=sum(warning.code == "person_clash" for warning in findings.warnings),
        rivals=[(one.title, names.get((one.host_unit_id, day), ""), one.key) for one in rivals],
        history=find_history(db, conference.host_unit_id, now - LOOKED_BACK, now),
    )  # fmt: skip
