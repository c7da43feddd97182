"""Who is asked for approval and why, and why something fell back, in words.  (pure)"""

from __future__ import annotations

ASKED = {
    "head": "the head of the host office", "hall": "the office of the Provincial People's Committee",
    "operator": "the technical operator",
}  # fmt: skip
ASKED_WHY = {
    "rule": "a rule of the house asks for it", "leader": "a leader of the province chairs",
    "capacity": "many sites: lines and video host are looked at",
}  # fmt: skip
CHAIR_LEVELS = {
    "leader": "leader of the province", "chairman": "the Chairman of the Provincial People's Committee",
}  # fmt: skip
GIVEN = ("answered", "displaced")
"""Acts whose reason is the office that has the rooms now."""
LAPSES = {
    "not_decided": "nobody decided before it was to begin",
    "no_letter": "the number of its letter did not come in time",
}
