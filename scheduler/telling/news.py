"""What a change of a conference means to others: booked, changed, cancelled, started, ended, recorded, or nothing.

(pure) Everything that anybody does to a conference leaves a ``change`` row in the same transaction (rooms/changes.py),
and the loop's steps do, too. So these rows are the one list of what happened, and no act can forget to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EVENTS = ("booked", "changed", "cancelled", "started", "ended", "recorded")
TEST = "test"
Values = Mapping[str, Any] | None
_AGREED = frozenset({"planned", "provisioned", "open"})
_OF_STATE = {"open": "started", "ended": "ended", "recorded": "recorded"}
_OFF = ("cancelled", "postponed", "draft")


def event_of(before: Values, after: Values) -> str | None:
    """What a ``change`` row tells the outside, from the values before and after.

    None: nothing happened that concerns it (a draft, a request, a step of the house). "changed" is a guess: whoever
    tells it looks whether anything that others see is different.
    """
    old, new = (before or {}).get("state"), (after or {}).get("state")
    if new is None:
        return "changed"
    if new == "provisioned":
        return None
    if new in _OF_STATE:
        return _OF_STATE[new]
    if new == "planned":
        return "changed" if old in _AGREED else "booked"
    if new in _OFF:
        return "cancelled" if old in (*_AGREED, "pending", "postponed") and new != old else None
    return "changed" if old in _AGREED else None


def public_part(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What of a conference makes a change worth telling: all but the number of its version."""
    return {name: value for name, value in shown.items() if name != "version"}
