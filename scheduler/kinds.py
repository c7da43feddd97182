"""The kinds of meetings, their forms, and the reasons for which a host meets in person.

(pure) Kinds, longest durations and the ones to be widened online: QĐ 45/2018/QĐ-TTg. What stands here of a kind is its
default, which dated rules override: ask the RuleBook (scheduler/rulebook.py). The texts are found at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

KindClass = Literal["meeting", "training", "other"]
Form = Literal["online", "in_person", "hybrid"]
DefaultForm = Literal["online", "ask"]

KIND_CLASSES: tuple[KindClass, ...] = get_args(KindClass)
FORMS: tuple[Form, ...] = get_args(Form)
LEADER, CHAIRMAN = "leader", "chairman"
CHAIR_LEVELS = ("", LEADER, CHAIRMAN)
"""Who chairs: anybody, a leader of the province, or the Chairman of its people's committee; of both the committee's
office gives away the time."""
WHY_NOT = ("relay", "council_session", "district_hosted", "line_test", "reception", "inspection", "decided")
"""Why a kind is not in the measure; the last is what a rule says that gives its own reason."""


@dataclass(frozen=True)
class Kind:
    """One kind of meeting.

    ``default_form``: what the booking form proposes; "ask" makes the booker choose.
    ``counts`` and ``why_not``: whether it can be in the indicator at all, and else the reason code (of WHY_NOT).
    ``longest_days``: working days a meeting of the kind may last, None where no rule says. ``widened``: article 7
    wants it online. ``urgent``: notice days, office hours and quotas do not bind it. ``rank``: the higher goes
    first where two want one room.
    """

    code: str
    kind_class: KindClass
    default_form: DefaultForm
    longest_days: float | None = None
    widened: bool = False
    urgent: bool = False
    why_not: str | None = None
    rank: int = 20

    @property
    def counts(self) -> bool:
        return self.why_not is None


KINDS: tuple[Kind, ...] = (
    Kind("briefing", "meeting", "online", 0.5, widened=True, rank=40),
    Kind("working", "meeting", "online", 0.5, widened=True, rank=30),
    Kind("thematic", "meeting", "online", 1, widened=True, rank=30),
    Kind("midterm_review", "meeting", "online", 1, widened=True, rank=30),
    Kind("final_review", "meeting", "online", 1, widened=True, rank=30),
    Kind("deployment", "meeting", "online", 2, widened=True, rank=30),
    Kind("training", "training", "online", 2, widened=True, rank=10),
    Kind("advisory", "meeting", "ask", 0.5),
    Kind("coordination", "meeting", "ask", 0.5),
    Kind("professional", "meeting", "ask", 1),
    Kind("consultation", "meeting", "online", widened=True),
    Kind("emergency", "meeting", "online", urgent=True, rank=90),
    Kind("adhoc", "meeting", "online", urgent=True, rank=60),
    Kind("relay", "other", "online", why_not="relay", rank=80),
    Kind("council_session", "other", "ask", why_not="council_session", rank=70),
    Kind("district_hosted", "other", "ask", why_not="district_hosted"),
    Kind("line_test", "other", "online", why_not="line_test", rank=0),
)


@dataclass(frozen=True)
class Reason:
    """Why a meeting is held in person. ``lawful_bar``: the law keeps it off the system, so the net share leaves it out;
    ``needs_note``: the code alone does not say enough."""

    code: str
    lawful_bar: bool = False
    needs_note: bool = False


REASONS: tuple[Reason, ...] = (
    Reason("content"),  # the matter wants people in one room: mediation, vote by paper, personnel
    Reason("size"),  # more people than the sites can seat
    Reason("equipment"),  # a site has no working device
    Reason("line"),  # a site's line is down or too slow
    Reason("no_free_room"),  # no site or no capacity was free at that time
    Reason("on_site"),  # inspection or practice at a place
    Reason("ceremony"),  # signing, awards, handing over
    Reason("secret", lawful_bar=True),  # state secrets must not be on this system at all
    Reason("chair", needs_note=True),  # the chair decided so; say why
    Reason("other", needs_note=True),
)

_KINDS = {kind.code: kind for kind in KINDS}
_REASONS = {reason.code: reason for reason in REASONS}


def find_kind(code: str) -> Kind | None:
    return _KINDS.get(code)


def find_reason(code: str) -> Reason | None:
    return _REASONS.get(code)


def needs_reason(kind: Kind, form: str) -> bool:
    """Whether a booking must say why it is in person: managers need that to raise the share."""
    return kind.counts and form == "in_person"
