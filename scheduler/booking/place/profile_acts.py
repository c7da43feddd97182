"""Changing the table of picture qualities: the whole table at once, best first, sound alone last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import FieldError, Invalid
from rooms.once import poke
from scheduler.booking.place.capacity import DEFAULT_PROFILES, Profile
from scheduler.booking.place.capacity_queries import list_profiles
from scheduler.booking.place.profile_queries import set_profile_rows
from scheduler.calendar_acts import TOPIC

MOST = 8
SOUND = "audio"
"""The code of the last profile, which has no picture: what a refused booker is offered."""
LIMITS = {"height": (90, 2160), "kbps_up": (16, 20_000), "last_n": (1, 30)}
"""Lowest and highest figure of a profile; sound alone has the height 0."""
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


def put_profiles(db: Session, wished: Sequence[Profile], *, actor: str, now: datetime) -> bool:
    """Make ``wished`` the table; False when it was so. What is booked keeps its profiles' codes and amounts.

    Raises Invalid under ``profiles.N.field``: figures out of bounds, a code twice, not best first, or not ending in
    sound alone.
    """
    if errors := list(_errors(wished)):
        raise Invalid(errors)
    before = list_profiles(db) or DEFAULT_PROFILES
    if tuple(wished) == before:
        return False
    set_profile_rows(db, wished)
    add_change(db, "profile", 0, "changed", actor=actor, now=now, before=_shown(before), after=_shown(wished))
    poke(db, TOPIC)
    return True


def _errors(wished: Sequence[Profile]) -> Iterator[FieldError]:
    if not wished or len(wished) > MOST:
        yield FieldError("profiles", "too_many" if wished else "required", {"max": MOST})
        return
    for number, profile in enumerate(wished):
        at = f"profiles.{number}"
        last = number == len(wished) - 1
        if not _CODE.fullmatch(profile.code) or (profile.code == SOUND) != last:
            yield FieldError(f"{at}.code", "pattern")
        elif profile.code in {other.code for other in wished[:number]}:
            yield FieldError(f"{at}.code", "twice")
        for name, (low, high) in LIMITS.items():
            value = getattr(profile, name)
            if name == "height" and last:
                low = high = 0
            if not low <= value <= high:
                yield FieldError(f"{at}.{name}", "out_of_range", {"low": low, "high": high})
        if number and profile.kbps_up >= wished[number - 1].kbps_up:
            yield FieldError(f"{at}.kbps_up", "too_great", {"max": wished[number - 1].kbps_up - 1})
        elif number and not last and profile.height >= wished[number - 1].height:
            yield FieldError(f"{at}.height", "too_great", {"max": wished[number - 1].height - 1})


def _shown(profiles: Sequence[Profile]) -> dict[str, Any]:
    return {profile.code: [asdict(profile)[name] for name in LIMITS] for profile in profiles}
