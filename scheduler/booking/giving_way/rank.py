"""Which of two conferences goes first where both want one room, line or host.

(pure) Rank is a number of the rule book: of the kind, of whoever chairs, of the committee as host; the highest of them
holds. Equal never displaces.
"""

from __future__ import annotations

from datetime import date

from scheduler.kinds import CHAIRMAN, LEADER
from scheduler.rulebook import RuleBook

COMMITTEE = "province"
"""Level of the office whose meetings are the committee's own."""


def rank_of(kind: str, chair_level: str, host_level: str, *, day: date, book: RuleBook) -> int:
    """The rank that holds on ``day``: an emergency under the Chairman, leaders of the province, the committee, other
    offices, trainings. ``host_level``: of the host's office."""
    found = [book.whole("rank", kind=kind, unit_id=None, day=day)]
    if chair_level in (LEADER, CHAIRMAN):
        found.append(book.whole("rank_leader", kind=kind, unit_id=None, day=day))
    if chair_level == CHAIRMAN:
        found.append(book.whole("rank_chairman", kind=kind, unit_id=None, day=day))
    if host_level == COMMITTEE:
        found.append(book.whole("rank_committee", kind=kind, unit_id=None, day=day))
    return max(found)
